/** Where other hosts reach this one for moves. */
import { networkInterfaces } from "node:os";
import type { HostSettings } from "../scheduler/settings.ts";
import { readRdmaPorts } from "../host/rdma.ts";
import { usableAddresses } from "../network/migration-network.ts";

/**
 * The best first: this host's addresses in its migration networks, or, where any network will do, the one at which the
 * domain knows it; none when it has no address in any of its migration networks.
 */
export function moveAddresses(
  advertised: string,
  { migrationNetworks }: HostSettings,
): readonly string[] {
  if (migrationNetworks === null) return [advertised];
  return usableAddresses(ownAddresses(), migrationNetworks);
}

/** This host's addresses for RDMA in its migration networks, with prefix lengths, the best first; of ports with a link only. */
export async function rdmaMoveAddresses(
  { migrationNetworks }: HostSettings,
  sysfs: string,
): Promise<string[]> {
  const ports = await readRdmaPorts(sysfs);
  const all = ports.filter(({ isActive }) => isActive).flatMap(({ addresses }) => addresses);
  const plain = (cidr: string): string => cidr.split("/")[0] ?? cidr;
  return usableAddresses(all.map(plain), migrationNetworks).flatMap((address) =>
    all.filter((cidr) => plain(cidr) === address),
  );
}

/** Without those that mean something on one link only. */
function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((address) => !address.internal && !("scopeid" in address && address.scopeid !== 0))
    .map(({ address }) => address);
}
