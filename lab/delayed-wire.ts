/** A wire that takes its time: between it and its network stands a program that hands frames on later (delay-relay.ts). */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { inNamespace } from "./namespaces.ts";
import { addBridge, ip, switchNode } from "./network.ts";
import { namespaceOf, type WirePlan } from "./topology.ts";

/** A program hands on a few thousand frames a second, however large they are. */
const frameBytes = 65_000;

/** @param neighbours all wires of the network, the delayed one among them; @param milliseconds each way */
export async function delayWire(
  lab: string,
  wire: WirePlan,
  neighbours: readonly WirePlan[],
  milliseconds: number,
): Promise<void> {
  const namespace = namespaceOf(lab, switchNode);
  const [bridge, inner, outer] = [`${wire.name}.b`, `${wire.name}.i`, `${wire.name}.o`];
  await addBridge(namespace, bridge);
  for (const [tap, master] of [
    [inner, bridge],
    [outer, wire.network],
  ] as const) {
    await ip(namespace, "tuntap", "add", "dev", tap, "mode", "tap");
    await ip(namespace, "link", "set", tap, "mtu", String(frameBytes), "master", master, "up");
  }
  await ip(namespace, "link", "set", wire.name, "master", bridge);
  for (const { node, device, name } of neighbours) {
    await ip(namespaceOf(lab, node), "link", "set", device, "mtu", String(frameBytes));
    await ip(namespace, "link", "set", name, "mtu", String(frameBytes));
  }
  const relay = [join(import.meta.dirname, "delay-relay.ts"), inner, outer, String(milliseconds)];
  const node = [process.execPath, "--disable-warning=ExperimentalWarning", ...relay];
  const [program, args] = inNamespace(namespace, node);
  // It ends with the lab, as all that runs in its namespaces.
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"], detached: true });
  const failed = once(child, "exit").then(() => {
    throw new Error(`Cannot delay wire "${wire.name}": its relay has ended`);
  });
  await Promise.race([once(child.stdout, "data"), failed]);
  failed.catch(() => undefined);
  child.stdout.destroy();
  child.unref();
}
