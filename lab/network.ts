/** Namespaces, bridges and wires made real with iproute2. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { addNamespace } from "./namespaces.ts";
import { type LabPlan, namespaceOf, type WirePlan } from "./topology.ts";

const run = promisify(execFile);
export const switchNode = "switch";

/** A switch holds back little: what it can't send within this time it drops, and TCP slows down. */
const queueMsMax = 20;
/** tbf sends in bursts; smaller than a 64 KiB segment nothing gets through, smaller than 5 ms of the rate it is slow. */
const burstBytesMin = 128 * 1024;
const burstSeconds = 0.005;

export async function buildNetwork(plan: LabPlan): Promise<void> {
  const nodes = new Set([switchNode, ...plan.wires.map(({ node }) => node)]);
  for (const node of nodes) await addNamespace(namespaceOf(plan.name, node));
  const switchNamespace = namespaceOf(plan.name, switchNode);
  for (const network of plan.networks) await addBridge(switchNamespace, network);
  for (const { name } of plan.hosts) await addBridge(namespaceOf(plan.name, name), "br0");
  for (const wire of plan.wires) await addWire(plan.name, wire);
}

export async function addBridge(namespace: string, name: string): Promise<void> {
  // An address of its own: one taken from a port would change when a port with a lower one comes.
  const address = `02:${randomBytes(5)
    .toString("hex")
    .replace(/..(?=.)/g, "$&:")}`;
  const kind = ["type", "bridge", "mcast_snooping", "0"];
  await ip(namespace, "link", "add", name, "address", address, ...kind);
  await ip(namespace, "link", "set", name, "up");
}

async function addWire(lab: string, wire: WirePlan): Promise<void> {
  const node = namespaceOf(lab, wire.node);
  const far = namespaceOf(lab, switchNode);
  await ip(
    node,
    "link",
    "add",
    wire.device,
    "type",
    "veth",
    "peer",
    "name",
    wire.name,
    "netns",
    far,
  );
  await ip(far, "link", "set", wire.name, "master", wire.network, "up");
  if (wire.bridge !== null) await ip(node, "link", "set", wire.device, "master", wire.bridge);
  await ip(node, "link", "set", wire.device, "up");
  await ip(node, "address", "add", wire.address, "dev", wire.bridge ?? wire.device);
}

/** Down on the switch's side, as if pulled there: the node sees its carrier go. */
export async function setWireUp(lab: string, wire: WirePlan, up: boolean): Promise<void> {
  await ip(namespaceOf(lab, switchNode), "link", "set", wire.name, up ? "up" : "down");
}

/** @param rate As tc writes it: `1gbit`, `100mbit`; null: as fast as the machine is. Both directions. */
export async function setWireSpeed(
  lab: string,
  wire: WirePlan,
  rate: string | null,
): Promise<void> {
  const ends = [
    { namespace: namespaceOf(lab, wire.node), device: wire.device },
    { namespace: namespaceOf(lab, switchNode), device: wire.name },
  ];
  for (const { namespace, device } of ends) {
    if (rate !== null) {
      const burst = Math.max(burstBytesMin, Math.round(parseRate(rate) * burstSeconds));
      const shape = ["rate", rate, "burst", String(burst), "latency", `${queueMsMax}ms`];
      await tc(namespace, "qdisc", "replace", "dev", device, "root", "tbf", ...shape);
    } else if (await isShaped(namespace, device)) {
      await tc(namespace, "qdisc", "delete", "dev", device, "root");
    }
  }
}

async function isShaped(namespace: string, device: string): Promise<boolean> {
  const stdout = await tc(namespace, "-j", "qdisc", "show", "dev", device, "root");
  return (JSON.parse(stdout) as Array<{ kind?: string }>).some(({ kind }) => kind === "tbf");
}

export interface WireState {
  readonly up: boolean;
  /** Bytes per second, null when not limited. */
  readonly bytesPerSecond: number | null;
}

export async function wireState(lab: string, wire: WirePlan): Promise<WireState> {
  const namespace = namespaceOf(lab, switchNode);
  const links = JSON.parse(await ip(namespace, "-j", "link", "show", "dev", wire.name)) as Array<{
    flags: string[];
  }>;
  const shape = JSON.parse(
    await tc(namespace, "-j", "qdisc", "show", "dev", wire.name, "root"),
  ) as Array<{
    options?: { rate?: number };
  }>;
  return {
    up: links[0]?.flags.includes("UP") ?? false,
    bytesPerSecond: shape[0]?.options?.rate ?? null,
  };
}

/** Bytes per second of a rate in tc's notation of bits. */
export function parseRate(rate: string): number {
  const match = /^(\d+(?:\.\d+)?)(k|m|g)bit$/.exec(rate);
  const unit = { k: 1e3, m: 1e6, g: 1e9 }[match?.[2] ?? ""];
  if (match === null || unit === undefined) {
    throw new RangeError(`Cannot use "${rate}" as a speed: wants something like 100mbit or 1gbit`);
  }
  return (Number(match[1]) * unit) / 8;
}

export async function ip(namespace: string, ...args: string[]): Promise<string> {
  const { stdout } = await run("ip", ["-n", namespace, ...args]);
  return stdout;
}

async function tc(namespace: string, ...args: string[]): Promise<string> {
  const { stdout } = await run("tc", ["-n", namespace, ...args]);
  return stdout;
}
