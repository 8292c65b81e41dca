/** `ferry host shutdown`: lets a host's VMs leave or end, then powers it off or reboots it. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Command, Option } from "commander";
import type {
  HostShutdownBegin,
  HostShutdownPlan,
  HostShutdownStatus,
} from "../../api/schema/host-shutdown.ts";
import { errorCodes, FerryError } from "../../base/errors.ts";
import { formatCount } from "../../base/format.ts";
import type { Cli } from "../cli.ts";
import { confirm } from "../confirm.ts";
import { within } from "../move-options.ts";
import { renderShutdown, renderShutdownPlan } from "../render/host-shutdown.ts";

/** A person sees movement; the agent is not kept busy answering. */
const lookEveryMs = 500;
/** Behind the time that the agent has: an agent that does not answer any more is not waited for, least of all by systemd. */
const graceMs = 30_000;
/** The agent's own bound. */
const withinMsMin = 30_000;

/** Keyed by the types, so that a value added there is missing here at compile time. */
export const shutdownPolicies: Readonly<Record<HostShutdownPlan["policy"], true>> = {
  move: true,
  shutdown: true,
  "power-off": true,
};

interface ShutdownOptions {
  readonly reboot?: true;
  readonly onlyVms?: true;
  readonly policy?: HostShutdownPlan["policy"];
  readonly within?: number;
  readonly withStorage?: true;
  readonly plan?: true;
  readonly status?: true;
  readonly detach?: true;
  readonly yes?: true;
}

export function defineHostShutdown(command: Command, cli: Cli): void {
  command
    .command("shutdown")
    .description(
      "move a host's VMs away or shut them down, as its settings say, then power it off; shows first what becomes of each",
    )
    .argument("[host]", "its name (this one)")
    .option("--reboot", "start the machine again")
    .option("--only-vms", "leave the machine on")
    .addOption(
      new Option("--policy <policy>", "for all VMs, this once, whatever settings say").choices(
        Object.keys(shutdownPolicies),
      ),
    )
    .option("--within <duration>", "all of it, until the machine ends, such as 5m", parseWithin)
    .option(
      "--with-storage",
      "copy disks that a target does not reach; else such VMs are shut down",
    )
    .option("--plan", "only show what would happen")
    .option("--status", "only say how a shutdown stands")
    .option("--detach", "do not wait until the VMs are gone")
    .option("--yes", "do not ask")
    .addHelpText(
      "after",
      "\nUntil the machine ends, `ferry host resume` takes it back. An ordinary `systemctl poweroff` or `reboot` does the same to the VMs.",
    )
    .action((name: string | undefined, options: ShutdownOptions) => shutdown(cli, name, options));
}

export function parseWithin(text: string): number {
  return within(
    text,
    "shut down within",
    withinMsMin,
    1_500_000,
    "Give a duration from 30s to 25m",
  );
}

async function shutdown(cli: Cli, name: string | undefined, options: ShutdownOptions) {
  const { output } = cli;
  const host = name ?? cli.host;
  const { name: called } = await cli.call("GET /v1/host", { host });
  const present = await cli.call("GET /v1/host/shutdown", { host });
  const show = (status: HostShutdownStatus): void =>
    output.result(status, () => renderShutdown(called, status, output.style));
  if (options.status === true) return show(present);
  if (present.since !== null && options.plan !== true) {
    return finish(cli, show, await followed(cli, host, present, options));
  }
  const { policy, within: withinMs, withStorage = false } = options;
  const asked = { withStorage, ...(policy && { policy }), ...(withinMs && { withinMs }) };
  const begunAt = performance.now();
  const plan = await cli.call("POST /v1/host/shutdown/plan", { host, body: asked });
  // Whoever says how long it may take means the checks too; not how long a person thinks about them.
  const leftMs = Math.max(withinMsMin, Math.round(plan.withinMs - (performance.now() - begunAt)));
  if (options.plan === true) {
    return output.result(plan, () => renderShutdownPlan(plan, output.style));
  }
  output.line(renderShutdownPlan(plan, output.style));
  const end = endOf(options);
  await confirm({
    consequence: consequence(called, plan, end),
    action: `shut down host "${called}"`,
    yes: options.yes,
  });
  const moves = plan.ends.flatMap(({ vm, target }) =>
    target === null ? [] : [{ vm: vm.id, target }],
  );
  const body = { ...asked, moves, end, withinMs: leftMs };
  const begun = await cli.call("POST /v1/host/shutdown", { host, body });
  finish(cli, show, await followed(cli, host, begun, options));
}

function endOf({ onlyVms, reboot }: ShutdownOptions): HostShutdownBegin["end"] {
  if (onlyVms === true && reboot === true) {
    throw new FerryError("bad-input", "Cannot both reboot the machine and leave it on", {
      remedy: "Give --reboot or --only-vms",
    });
  }
  return onlyVms === true ? "stay-on" : reboot === true ? "reboot" : "power-off";
}

function finish(
  cli: Cli,
  show: (status: HostShutdownStatus) => void,
  status: HostShutdownStatus,
): void {
  show(status);
  if (status.ended.some(({ how }) => how === "failed")) {
    cli.exitCode = errorCodes["system-refused"].exit;
  }
}

async function followed(
  cli: Cli,
  host: string | undefined,
  begun: HostShutdownStatus,
  { detach }: ShutdownOptions,
): Promise<HostShutdownStatus> {
  let status = begun;
  const said = new Set<string>();
  const deadline = (begun.until ?? 0) + graceMs;
  while (!status.over && detach !== true) {
    await sleep(lookEveryMs);
    try {
      status = await cli.call("GET /v1/host/shutdown", { host });
    } catch (error) {
      // An agent that is restarted meanwhile goes on; a machine that is down answers no more.
      if (Date.now() > deadline) throw error;
      continue;
    }
    for (const { vm, target, state, error } of status.moves) {
      if (state === "queued" || state === "running" || said.has(vm.id)) continue;
      said.add(vm.id);
      cli.output.line(`${vm.name} to ${target}: ${error ?? state}`);
    }
  }
  return status;
}

function consequence(host: string, { ends }: HostShutdownPlan, end: HostShutdownBegin["end"]) {
  const moving = ends.filter(({ does }) => does === "move").length;
  const ending = ends.length - moving;
  const machine =
    end === "stay-on" ? "" : end === "reboot" ? ", then it reboots" : ", then it powers off";
  return `${formatCount(moving, "VM")} leave host "${host}", ${formatCount(ending, "VM")} are shut down there${machine}`;
}
