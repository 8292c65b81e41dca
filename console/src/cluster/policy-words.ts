/** What a cluster's policy for a VM says, in words. Pure. */
import type { VmPolicy } from "../../../src/api/schema/cluster.ts";

/** In the order in which VMs are started after a failure. */
export const priorityNames: Readonly<Record<VmPolicy["priority"], string>> = {
  high: "High",
  normal: "Normal",
  low: "Low",
  never: "Never",
};

export function placeWords({ preferredHosts, possibleHosts, apart }: VmPolicy): string {
  const words = [
    preferredHosts.length > 0 && `best on ${preferredHosts.join(", ")}`,
    possibleHosts !== null && `only on ${possibleHosts.join(", ")}`,
    apart.length > 0 && `apart from others of ${apart.join(", ")}`,
  ].filter((word) => word !== false);
  return words.length === 0 ? "on any host" : words.join("; ");
}
