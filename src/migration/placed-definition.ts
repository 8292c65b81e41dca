/** A VM's definition as the target will have it: disks that move lie in the target's pools, under their own names. Pure. */
import type { PoolFile, VmDefinition } from "../vm/definition.ts";
import type { DiskPlacement } from "./record.ts";

export function placedDefinition(
  definition: VmDefinition,
  placements: readonly DiskPlacement[],
): VmDefinition {
  const pools = new Map(placements.map(({ name, targetPool }) => [name, targetPool]));
  const disks = definition.disks.map((disk) => ({
    ...disk,
    pool: pools.get(disk.name) ?? disk.pool,
  }));
  return { ...definition, disks };
}

/** The files of some of its disks, by the disks' names. */
export function filesOfDisks(definition: VmDefinition, names: readonly string[]): PoolFile[] {
  return definition.disks
    .filter(({ name }) => names.includes(name))
    .map(({ pool, file }) => ({ pool, file }));
}
