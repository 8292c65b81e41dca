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
        /** Where guests' memory lives: a tmpfs as large as the memory that guests may have. */
        memory: Type.String({ default: "/dev/shm" }),
      },
      { ...strict, default: {} },
    ),
    api: Type.Object(
      {
        /** Address of the TLS port for other hosts, the API and the console. */
        address: Type.String({ default: "::" }),
        port: Type.Integer({ minimum: 0, maximum: 65_535, default: 6600 }),
        /** How other hosts reach this one; null: the host's name. */
        advertise: Type.Union([Type.String(), Type.Null()], { default: null }),
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
    qemu: Type.Object(
      {
        binary: Type.String({ default: "qemu-system-x86_64" }),
        imageTool: Type.String({ default: "qemu-img" }),
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
    faultInjection: Type.Boolean({ default: false }),
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

/** @throws FerryError `bad-input` naming the file, the setting and what is wanted. */
export function loadConfig(path: string): AgentConfig {
  const document = readDocument(path) ?? {};
  const config = Value.Default(AgentConfig, document);
  const [error] = Value.Errors(AgentConfig, config);
  if (error !== undefined) {
    throw new FerryError(
      "bad-input",
      `Cannot use configuration "${path}": ${error.instancePath || "/"} ${error.message}`,
      { remedy: "Correct the file; docs/configuration.md lists every setting" },
    );
  }
  return config as AgentConfig;
}

function readDocument(path: string): unknown {
  try {
    return parse(readFileSync(path, "utf8"));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new FerryError("bad-input", `Cannot read configuration "${path}"`, {
      remedy: "Make it a readable YAML file",
      cause,
    });
  }
}
