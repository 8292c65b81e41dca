/**
 * The lab's layout as names and addresses: which namespaces, which networks, which wire goes where. Pure; what makes
 * it real is network.ts.
 *
 *   host-a  br0──lan0 ═════════ host-a.lan  bridge lan
 *               mig1 ══════════ host-a.mig1 bridge mig1     (namespace "switch")
 *   host-b  br0──lan0 ═════════ host-b.lan  bridge lan
 *   client       lan0 ═════════ client.lan
 */

export interface LabPlan {
  /** At most 16 characters: unix sockets below the lab's directory may have 107 in all. */
  readonly name: string;
  readonly hosts: readonly HostPlan[];
  /** `lan`, where guests, agents and clients are, and the migration networks. */
  readonly networks: readonly string[];
  readonly wires: readonly WirePlan[];
}

export interface HostPlan {
  readonly name: string;
  /** In the guests' network; other hosts reach the agent there. */
  readonly address: string;
}

export interface WirePlan {
  /** What people call it: `host-a.lan`. It is also the name of the switch's end. */
  readonly name: string;
  readonly node: string;
  readonly network: string;
  /** The node's end. */
  readonly device: string;
  /** With prefix length. */
  readonly address: string;
  /** The node's bridge that the device is a port of and that has the address, or null. */
  readonly bridge: string | null;
}

export const bridgeName = "br0";
export const clientName = "client";
export const clientAddress = "10.77.0.200";
const hostsMax = 26;
const migrationNetworksMax = 4;
const prefixLength = 24;

export function planLab(name: string, hostCount: number, migrationNetworks: number): LabPlan {
  if (!/^[a-z][a-z0-9-]{0,15}$/.test(name)) {
    throw new RangeError(`Cannot name a lab "${name}": wants 1 to 16 of a-z, 0-9 and -`);
  }
  requireBetween("hosts", hostCount, 1, hostsMax);
  requireBetween("migration networks", migrationNetworks, 0, migrationNetworksMax);
  const hosts = Array.from({ length: hostCount }, (_, index) => ({
    name: `host-${String.fromCharCode(97 + index)}`,
    address: `10.77.0.${11 + index}`,
  }));
  const migration = Array.from({ length: migrationNetworks }, (_, index) => `mig${index + 1}`);
  const wires = hosts.flatMap((host, index) => [
    lanWire(host.name, host.address, bridgeName),
    ...migration.map((network, number) => ({
      name: `${host.name}.${network}`,
      node: host.name,
      network,
      device: network,
      address: `10.78.${number + 1}.${11 + index}/${prefixLength}`,
      bridge: null,
    })),
  ]);
  wires.push(lanWire(clientName, clientAddress, null));
  return { name, hosts, networks: ["lan", ...migration], wires };
}

function lanWire(node: string, address: string, bridge: string | null): WirePlan {
  const withPrefix = `${address}/${prefixLength}`;
  const device = "lan0";
  return { name: `${node}.lan`, node, network: "lan", device, address: withPrefix, bridge };
}

/** The network namespace of a host, of the client, or of `switch`. */
export function namespaceOf(lab: string, node: string): string {
  return `ferry-lab-${lab}-${node}`;
}

/** Sockets, pools, logs: everything of a lab that is a file. */
export function labDirectory(lab: string): string {
  return `/tmp/ferry-lab-${lab}`;
}

function requireBetween(what: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(`Cannot build a lab with ${value} ${what}: wants ${least} to ${most}`);
}
