/**
 * Debian's fence agents (`fence_ipmilan`, `fence_redfish`, `fence_virsh`, …): programs that switch a machine's power. They are called as every cluster
 * stack calls them, with `option=value` lines on standard input, so that no password is an argument.
 */
import { FerryError } from "../base/errors.ts";
import { missingProgram, ProgramFailure, runProgram } from "../base/run-program.ts";

export type FenceAction = "off" | "reboot" | "status";

export interface FenceDevice {
  /** The program's name. */
  readonly agent: string;
  /** As the agent's manual page names them; a password among them. */
  readonly options: Readonly<Record<string, string>>;
}

/** `off` and `reboot` end only when the agent has seen the power go. Agents give up by themselves before. */
const actionMsMax = 120_000;
const agentName = /^fence_[a-z0-9_]{1,40}$/;

/**
 * What an agent may be told from the cluster's records. Any host of the domain can write those: an option that names a program or a file would let one
 * host run what it likes on the others.
 */
const permitted: ReadonlySet<string> = new Set(
  `ip ipaddr ipport username login password passwd plug port lanplus cipher privlvl auth hexadecimal_kg method ssl ssl_secure ssl_insecure
  notls tls1.0 snmp_version community snmp_auth_prot snmp_sec_level snmp_priv_prot snmp_priv_passwd systems_uri redfish_uri secure
  inet4_only inet6_only power_timeout power_wait login_timeout shell_timeout retry_on delay nodename managed region zone project type target
  timeout switch disable_http_filter vmware_datacenter pve_node node pve_node_auto vmtype relogin`
    .split(/\s+/)
    .filter((word) => word !== ""),
);

/** @throws FerryError `bad-input` for what must not be called, or not so. */
export function requireFenceDevice({ agent, options }: FenceDevice, more: readonly string[]): void {
  if (!agentName.test(agent)) {
    throw new FerryError("bad-input", `Cannot use "${agent}" as a fence agent`, {
      remedy: "Name one of Debian's package fence-agents, such as fence_ipmilan",
    });
  }
  for (const [name, value] of Object.entries(options)) {
    if (!permitted.has(name) && !more.includes(name)) {
      throw new FerryError(
        "bad-input",
        `Cannot give option "${name}" to ${agent} from the cluster`,
        {
          remedy: `If it names no program and no file, permit it on every host: cluster.fenceOptions: [${name}]`,
        },
      );
    }
    if (value.includes("\n")) {
      throw new FerryError(
        "bad-input",
        `Cannot give option "${name}" to ${agent}: it has two lines`,
      );
    }
  }
}

/**
 * Resolves when the agent says that it is done; for `status`, to whether the power is on.
 * @throws FerryError `missing-program`, `timeout`, `system-refused` with the agent's own last words.
 */
export async function runFenceAgent(
  { agent, options }: FenceDevice,
  action: FenceAction,
): Promise<boolean> {
  const lines = Object.entries({ ...options, action }).map(([name, value]) => `${name}=${value}\n`);
  try {
    await runProgram(agent, [], { input: lines.join(""), timeoutMs: actionMsMax });
    return true;
  } catch (error) {
    const failure = error instanceof FerryError ? error.cause : undefined;
    // By the agents' convention: the power is off.
    if (action === "status" && failure instanceof ProgramFailure && failure.exitCode === 2)
      return false;
    if (error instanceof FerryError && error.code === "missing-program")
      throw missing(agent, error);
    if (!(failure instanceof ProgramFailure)) throw error;
    throw new FerryError(
      "system-refused",
      `${agent} could not do "${action}": ${lastWords(failure)}`,
      {
        remedy: "See what it says by itself, and that its address and password are right",
      },
    );
  }
}

function missing(agent: string, cause: FerryError): FerryError {
  return new FerryError("missing-program", missingProgram(agent).message, {
    remedy: "Install it on every host of the cluster: apt-get install fence-agents",
    cause,
  });
}

/** Agents log at length; what went wrong is in the end. */
function lastWords({ stderr, exitCode }: ProgramFailure): string {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  return lines.at(-1)?.trim().slice(0, 300) ?? `it ended with ${exitCode}`;
}
