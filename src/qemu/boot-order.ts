/** Which device the firmware tries when. Pure. */
import type { VmDefinition } from "../vm/definition.ts";

/**
 * `bootindex` by device name. Without an explicit order: media, disks, network, as they stand in the definition; the
 * network only where nothing else could boot, since waiting for it takes a minute.
 */
export function bootPositions(definition: VmDefinition): ReadonlyMap<string, number> {
  const names = definition.bootOrder.length > 0 ? definition.bootOrder : defaultOrder(definition);
  return new Map(names.map((name, position) => [name, position]));
}

function defaultOrder({ cdroms, disks, luns = [], nics, kernelBoot }: VmDefinition): string[] {
  if (kernelBoot !== null) return [];
  const media = [...cdroms, ...disks, ...luns].map(({ name }) => name);
  return media.length > 0 ? media : nics.map(({ name }) => name);
}
