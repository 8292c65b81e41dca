/**
 * A VM's definition as the target will have it: files that move lie in the target's pools, under their
 * own names, and Fibre Channel adapters change to their other names. Pure.
 */
import type { FibreChannelDefinition, PoolFile, VmDefinition } from "../vm/definition.ts";
import type { DiskPlacement, FilePlacement } from "./record.ts";

export function placedDefinition(
  definition: VmDefinition,
  placements: readonly DiskPlacement[],
  files: readonly FilePlacement[],
): VmDefinition {
  const places = new Map(placements.map((placement) => [placement.name, placement]));
  const place = (file: PoolFile): PoolFile => {
    const there = files.find((other) => other.pool === file.pool && other.file === file.file);
    return there === undefined ? file : { ...file, pool: there.targetPool };
  };
  const placeMaybe = (file: PoolFile | null): PoolFile | null =>
    file === null ? null : place(file);
  const { kernelBoot, disks, cdroms, fibreChannel } = definition;
  return {
    ...definition,
    ...(fibreChannel !== undefined && { fibreChannel: fibreChannel.map(withOtherNames) }),
    disks: disks.map((disk) => {
      const placement = places.get(disk.name);
      if (placement === undefined) return disk;
      const { backing: _, ...whole } = disk;
      const { targetPool: pool, backing } = placement;
      return { ...whole, pool, ...(backing !== undefined && { backing }) };
    }),
    cdroms: cdroms.map((cdrom) => ({ ...cdrom, medium: placeMaybe(cdrom.medium) })),
    kernelBoot:
      kernelBoot === null
        ? null
        : {
            ...kernelBoot,
            kernel: place(kernelBoot.kernel),
            initrd: placeMaybe(kernelBoot.initrd),
          },
  };
}

/** Source and target are both logged in for a while: each needs names of its own. */
function withOtherNames(adapter: FibreChannelDefinition): FibreChannelDefinition {
  return { ...adapter, active: adapter.active === 0 ? 1 : 0 };
}

/** The files of some of its disks, by the disks' names. */
export function filesOfDisks(definition: VmDefinition, names: readonly string[]): PoolFile[] {
  return definition.disks
    .filter(({ name }) => names.includes(name))
    .map(({ pool, file }) => ({ pool, file }));
}
