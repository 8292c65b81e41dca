/**
 * Whether this host's QEMU, as the user it will run as, can open a LUN: asked of QEMU itself, read-only. Everything it is told
 * goes through its standard input, the password too, and ends with `quit`: whoever dies meanwhile, it ends by itself and
 * leaves nothing.
 */
import Type from "typebox";
import Value from "typebox/value";
import { FerryError } from "../base/errors.ts";
import { ProgramFailure, runProgram } from "../base/run-program.ts";
import type { LunDefinition } from "../vm/definition.ts";
import { iscsiOptions } from "./lun-devices.ts";
import type { QemuHost } from "./qemu-host.ts";

/** A storage that is there answers in milliseconds; a check does not wait for one that isn't. */
const answerMs = 5000;
const node = "probe";

type IscsiSource = Extract<LunDefinition["source"], { kind: "iscsi" }>;

const Reply = Type.Object({
  error: Type.Optional(Type.Object({ desc: Type.String() })),
  return: Type.Optional(Type.Unknown()),
});
const Node = Type.Object({
  "node-name": Type.String(),
  image: Type.Object({ "virtual-size": Type.Integer({ minimum: 0 }) }),
});

export interface ProbedLun {
  readonly bytes: number | null;
  /** Why it can't be opened, in QEMU's words; null when it can. */
  readonly error: string | null;
}

/** `vm` is the VM's id, which is its name to the storage. Never throws for what the storage or QEMU says. */
export async function probeIscsi(
  qemu: QemuHost,
  source: IscsiSource,
  vm: string,
  chap: { readonly user: string; readonly password: string } | null,
): Promise<ProbedLun> {
  const secret = { "qom-type": "secret", id: "password", data: chap?.password };
  const access = chap === null ? {} : { user: chap.user, "password-secret": secret.id };
  const commands = [
    { execute: "qmp_capabilities" },
    ...(chap === null ? [] : [{ execute: "object-add", arguments: secret }]),
    {
      execute: "blockdev-add",
      arguments: {
        ...{ ...iscsiOptions(source, vm), ...access, "node-name": node, "read-only": true },
      },
    },
    { execute: "query-named-block-nodes", arguments: { flat: true } },
    { execute: "quit" },
  ];
  const input = commands.map((command) => JSON.stringify(command)).join("\n");
  try {
    const { path } = await qemu.features();
    const options = { input: `${input}\n`, timeoutMs: answerMs, user: await qemu.user() };
    return understand(await runProgram(path, probeArguments, options));
  } catch (error) {
    return { bytes: null, error: reason(error) };
  }
}

const probeArguments = [
  ...["-machine", "none", "-nodefaults", "-no-user-config", "-display", "none", "-S"],
  ...["-qmp", "stdio"],
];

/** Pure: what QEMU answered, line by line. */
export function understand(output: string): ProbedLun {
  for (const line of output.split("\n").filter((text) => text.trim() !== "")) {
    const reply = Value.Parse(Reply, JSON.parse(line));
    if (reply.error !== undefined) return { bytes: null, error: reply.error.desc.trim() };
    if (!Array.isArray(reply.return)) continue;
    const found = (reply.return as unknown[]).find(
      (one) => Value.Check(Node, one) && one["node-name"] === node,
    );
    if (Value.Check(Node, found)) return { bytes: found.image["virtual-size"], error: null };
  }
  return { bytes: null, error: "QEMU ended before it had answered" };
}

function reason(error: unknown): string {
  if (!(error instanceof FerryError)) return String(error);
  if (error.code === "timeout") return `no answer within ${answerMs / 1000} s`;
  const failure = error.cause;
  return failure instanceof ProgramFailure ? failure.stderr.trim().slice(-500) : error.message;
}
