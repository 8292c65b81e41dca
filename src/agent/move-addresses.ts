/** Where other hosts reach this one for moves. */
import { networkInterfaces } from "node:os";
import type { HostSettings } from "../scheduler/settings.ts";
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

/** Without those that mean something on one link only. */
function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((address) => !address.internal && !("scopeid" in address && address.scopeid !== 0))
    .map(({ address }) => address);
}
