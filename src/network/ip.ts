/** Asks and tells the kernel about links, through iproute2 (`ip -j`, `bridge -j`). */
import Type from "typebox";
import Value from "typebox/value";
import { FerryError } from "../base/errors.ts";
import { ProgramFailure, runProgram } from "../base/run-program.ts";

const Link = Type.Object({
  ifindex: Type.Integer({ minimum: 1 }),
  ifname: Type.String(),
  mtu: Type.Integer(),
  address: Type.Optional(Type.String()),
  master: Type.Optional(Type.String()),
  linkinfo: Type.Optional(
    Type.Object({
      info_kind: Type.Optional(Type.String()),
      info_data: Type.Optional(Type.Object({ vlan_filtering: Type.Optional(Type.Integer()) })),
    }),
  ),
});

/** One network device, as much of it as Ferry cares for. */
export interface LinkFacts {
  readonly index: number;
  readonly name: string;
  readonly mtu: number;
  /** Its MAC address. */
  readonly address: string;
  /** The bridge it is a port of. */
  readonly bridge: string | null;
  readonly isBridge: boolean;
  readonly filtersVlans: boolean;
}

/** By name: questions under way. */
const asked = new Map<string, Promise<LinkFacts | undefined>>();

/** Undefined when there is no such device. Those who ask while the kernel is asked get the same answer. */
export function findLink(name: string): Promise<LinkFacts | undefined> {
  const underWay = asked.get(name);
  if (underWay !== undefined) return underWay;
  const answer = askFor(name).finally(() => asked.delete(name));
  asked.set(name, answer);
  return answer;
}

async function askFor(name: string): Promise<LinkFacts | undefined> {
  let output: string;
  try {
    output = await runProgram("ip", ["-j", "-d", "link", "show", "dev", name]);
  } catch (error) {
    if (saysMissing(error)) return undefined;
    throw error;
  }
  const [link] = Value.Parse(Type.Array(Link), JSON.parse(output));
  if (link === undefined) return undefined;
  const { info_kind: kind, info_data: data } = link.linkinfo ?? {};
  return {
    index: link.ifindex,
    name: link.ifname,
    mtu: link.mtu,
    address: link.address ?? "00:00:00:00:00:00",
    bridge: link.master ?? null,
    isBridge: kind === "bridge",
    filtersVlans: data?.vlan_filtering === 1,
  };
}

/**
 * Changes links: `action` says what for, such as `create tap device "x"`.
 * @throws FerryError `system-refused` with the kernel's reason as cause, `missing-program`.
 */
export async function changeLink(
  program: "ip" | "bridge",
  args: readonly string[],
  action: string,
): Promise<void> {
  await change(runProgram(program, args), action);
}

/** As `changeLink`, several commands of `ip` with one program; the first that fails is the last. */
export async function changeLinks(
  commands: readonly (readonly string[])[],
  action: string,
): Promise<void> {
  const input = commands.map((words) => `${words.join(" ")}\n`).join("");
  await change(runProgram("ip", ["-batch", "-"], { input }), action);
}

async function change(running: Promise<unknown>, action: string): Promise<void> {
  try {
    await running;
  } catch (cause) {
    if (cause instanceof FerryError && cause.code !== "system-refused") throw cause;
    throw new FerryError("system-refused", `Cannot ${action}`, {
      remedy: "The agent needs CAP_NET_ADMIN in this network namespace",
      cause,
    });
  }
}

export function saysMissing(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return (
    cause instanceof ProgramFailure &&
    /does not exist|Cannot find device|No such device/.test(cause.stderr)
  );
}
