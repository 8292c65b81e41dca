/** Gathers what this host says about a VM's switches. Sends nothing; the source's probes are sent by precheck.ts. */
import { portOfMac, portsOfVlan } from "../network/forwarding.ts";
import { findLink } from "../network/ip.ts";
import { awaitProbes } from "../network/segment-probe.ts";
import type { Switches } from "../network/switches.ts";
import type { VmDefinition } from "../vm/definition.ts";
import type { LocalVms } from "../vm/local-vms.ts";
import type { SwitchFacts } from "./switch-facts.ts";

interface SwitchParts {
  readonly vms: LocalVms;
  readonly switches: Switches;
}

/** `nonce`: that of the probes to be waited for; null on the source. */
export async function gatherSwitches(
  parts: SwitchParts,
  definition: VmDefinition,
  nonce: string | null,
): Promise<SwitchFacts> {
  const { vms } = parts;
  const bridges = bridgesOf(parts.switches, definition);
  const probing = nonce === null ? undefined : probesSeen([...bridges.values()], nonce);
  const taps = vms.list().flatMap((record) => vms.taps(record.definition.id));
  const elsewhere = macsSeenElsewhere(parts, definition);
  elsewhere.catch(() => {});
  const facts = await Promise.all(
    [...bridges].map(async ([name, bridge]) => {
      const link = await findLink(bridge);
      if (link === undefined) return [];
      const { mtu, filtersVlans } = link;
      const uncarriedVlans = filtersVlans ? await uncarried(definition, name, bridge, taps) : [];
      const probeSeen = (await probing)?.get(bridge) ?? null;
      return [[name, { mtu, filtersVlans, uncarriedVlans, probeSeen }] as const];
    }),
  );
  return {
    bridges: Object.fromEntries(facts.flat()),
    macUsers: macUsers(parts, definition),
    macsSeenElsewhere: await elsewhere,
  };
}

/** By switch name, those that this host has. */
export function bridgesOf(switches: Switches, { nics }: VmDefinition): Map<string, string> {
  const found = nics.flatMap((nic) => {
    const bridge = switches.find(nic.switch)?.bridge;
    return bridge === undefined ? [] : [[nic.switch, bridge] as const];
  });
  return new Map(found);
}

/** Undefined where frames can't be received: without CAP_NET_RAW, or without FFI. */
async function probesSeen(
  bridges: readonly string[],
  nonce: string,
): Promise<Map<string, boolean> | undefined> {
  if (bridges.length === 0) return undefined;
  return await awaitProbes(bridges, nonce).catch(() => undefined);
}

async function uncarried(
  { nics }: VmDefinition,
  name: string,
  bridge: string,
  taps: readonly string[],
): Promise<number[]> {
  const vlans = nics.flatMap((nic) => (nic.switch === name && nic.vlan !== null ? [nic.vlan] : []));
  const some = [...new Set(vlans)].map(async (vlan) =>
    (await portsOfVlan(bridge, vlan, taps)).length === 0 ? [vlan] : [],
  );
  return (await Promise.all(some)).flat();
}

function macUsers({ vms }: SwitchParts, { id, nics }: VmDefinition): Record<string, string> {
  const others = vms.list().filter(({ definition }) => definition.id !== id);
  const users = nics.flatMap(({ mac }) => {
    const user = others.find(({ definition }) => definition.nics.some((nic) => nic.mac === mac));
    return user === undefined ? [] : [[mac, user.definition.name] as const];
  });
  return Object.fromEntries(users);
}

async function macsSeenElsewhere(
  { vms, switches }: SwitchParts,
  { id, nics }: VmDefinition,
): Promise<Record<string, string>> {
  if (vms.find(id)?.state !== "running") return {};
  const own = vms.taps(id);
  const seen = nics.map(async (nic) => {
    const bridge = switches.find(nic.switch)?.bridge;
    const port =
      bridge === undefined ? undefined : await portOfMac(bridge, nic.mac).catch(() => undefined);
    return port === undefined || own.includes(port) ? [] : [[nic.mac, port] as const];
  });
  return Object.fromEntries((await Promise.all(seen)).flat());
}
