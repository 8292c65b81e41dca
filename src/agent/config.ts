/**
 * The agent's configuration file, /etc/ferry/ferryd.yaml: every setting, its default and its reason. A missing file
 * means all defaults. What an administrator changes while the agent runs are host settings (the API), not this.
 */
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import Type from "typebox";
import Value from "typebox/value";
import { parse } from "yaml";
import { FerryError } from "../base/errors.ts";
import { Address } from "../trust/roster.ts";

const strict = { additionalProperties: false } as const;
const Port = Type.Integer({ minimum: 1, maximum: 65_535 });

export const AgentConfig = Type.Object(
  {
    /** The host's name in its domain. */
    name: Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9.-]{0,62}$", default: hostname() }),
    paths: Type.Object(
      {
        /** Database, certificates, EFI variables: what must survive a reboot. */
        state: Type.String({ default: "/var/lib/ferry" }),
        /** Sockets of the agent and of each VM. */
        run: Type.String({ default: "/run/ferry" }),
        /** Has no effect any more: guests' memory is not in files. Here so that a configuration of before stays good. */
        memory: Type.Optional(Type.String()),
        /** Where the kernel shows its devices; another tree than its own only to rehearse with. */
        sysfs: Type.String({ default: "/sys" }),
        /** Where their files are. */
        devices: Type.String({ default: "/dev" }),
      },
      { ...strict, default: {} },
    ),
    api: Type.Object(
      {
        /** Address of the TLS port for other hosts, the API and the console. */
        address: Type.String({ default: "::" }),
        port: Type.Integer({ minimum: 0, maximum: 65_535, default: 6600 }),
        /** How other hosts reach this one; null: the host's name. */
        advertise: Type.Union([Address, Type.Null()], { default: null }),
        /** Group that may use the local socket; null: only the agent's own user. */
        socketGroup: Type.Union([Type.String(), Type.Null()], { default: null }),
      },
      { ...strict, default: {} },
    ),
    session: Type.Object(
      {
        /** Ports for the lanes of incoming moves; open them between the hosts. */
        portFirst: Type.Unsafe<number>({ ...Port, default: 6601 }),
        portLast: Type.Unsafe<number>({ ...Port, default: 6664 }),
      },
      { ...strict, default: {} },
    ),
    cluster: Type.Object(
      {
        /** The program that keeps a cluster's data; only hosts of a cluster that Ferry sets up need it. */
        etcdBinary: Type.String({ default: "etcd" }),
        /** Where this host's member of etcd answers the hosts, and the other members; open both between the hosts. */
        etcdClientPort: Type.Unsafe<number>({ ...Port, default: 6665 }),
        etcdPeerPort: Type.Unsafe<number>({ ...Port, default: 6666 }),
        /** A watchdog device such as /dev/watchdog that resets the machine when its lease is not renewed; null: none. */
        watchdog: Type.Union([Type.String(), Type.Null()], { default: null }),
        /** Further options of fence agents that the cluster's records may name: none that is a program or a file; null: none. */
        fenceOptions: Type.Union(
          [Type.Array(Type.String({ pattern: "^[a-z0-9_]{1,40}$" })), Type.Null()],
          { default: null },
        ),
      },
      { ...strict, default: {} },
    ),
    qemu: Type.Object(
      {
        binary: Type.String({ default: "qemu-system-x86_64" }),
        imageTool: Type.String({ default: "qemu-img" }),
        /** The program that is a VM's TPM; only VMs with one need it. */
        tpmEmulator: Type.String({ default: "swtpm" }),
        /** Extra directory for QEMU's ROMs and BIOS (`-L`), for a QEMU unpacked beside the system's; null: built in. */
        dataDirectory: Type.Union([Type.String(), Type.Null()], { default: null }),
        /** Unprivileged user for QEMU; null: the agent's own, only for a lab without root. */
        user: Type.Union([Type.String(), Type.Null()], { default: "ferry-vm" }),
        /** `auto`: KVM where CPU flags and a probe say that it works, else TCG. */
        accelerator: Type.Unsafe<"auto" | "kvm" | "tcg">(
          Type.String({ enum: ["auto", "kvm", "tcg"], default: "auto" }),
        ),
      },
      { ...strict, default: {} },
    ),
    /** Allows faults to be armed at named points of a move (`POST /v1/faults`), to rehearse failures. Never in earnest. */
    faultInjection: Type.Union([Type.Boolean(), Type.Literal("repeat")], { default: false }),
    log: Type.Object(
      {
        level: Type.String({ enum: ["trace", "debug", "info", "warn", "error"], default: "info" }),
      },
      { ...strict, default: {} },
    ),
  },
  strict,
);
export type AgentConfig = Type.Static<typeof AgentConfig>;

/**
 * @param optional true for the file nobody named: when it is not there, every default holds.
 * @throws FerryError `bad-input` naming the file, the setting and what is wanted.
 */
export function loadConfig(path: string, optional = false): AgentConfig {
  const config = Value.Default(AgentConfig, readDocument(path, optional) ?? {});
  const [error] = Value.Errors(AgentConfig, config);
  if (error !== undefined) throw unusable(path, describeError(error));
  const { session } = config as AgentConfig;
  if (session.portFirst > session.portLast) {
    throw unusable(
      path,
      `session.portFirst ${session.portFirst} lies behind session.portLast ${session.portLast}`,
    );
  }
  return config as AgentConfig;
}

/** `/api/port` and a message of the schema's, in the words of the file. */
function describeError({
  instancePath,
  keyword,
  message,
}: ReturnType<typeof Value.Errors>[number]): string {
  const where = instancePath.slice(1).replaceAll("/", ".");
  // How a schema without further properties refuses one.
  if (keyword === "boolean") return `there is no setting ${where}`;
  return `${where === "" ? "it" : where} ${message}`;
}

function unusable(path: string, reason: string): FerryError {
  return new FerryError("bad-input", `Cannot use configuration "${path}": ${reason}`, {
    remedy: "Correct the file; docs/configuration.md lists every setting",
  });
}

function readDocument(path: string, optional: boolean): unknown {
  try {
    return parse(readFileSync(path, "utf8"));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT" && optional) return undefined;
    throw new FerryError("bad-input", `Cannot read configuration "${path}"`, {
      remedy: "Make it a readable YAML file",
      cause,
    });
  }
}
