/** A VM's definition as the target will have it: files that move lie in the target's pools, under their own names. Pure. */
import type { PoolFile, VmDefinition } from "../vm/definition.ts";
import type { DiskPlacement, FilePlacement } from "./record.ts";

export function placedDefinition(
  definition: VmDefinition,
  placements: readonly DiskPlacement[],
  files: readonly FilePlacement[],
): VmDefinition {
  const pools = new Map(placements.map(({ name, targetPool }) => [name, targetPool]));
  const place = (file: PoolFile): PoolFile => {
    const there = files.find((other) => other.pool === file.pool && other.file === file.file);
    return there === undefined ? file : { ...file, pool: there.targetPool };
  };
  const placeMaybe = (file: PoolFile | null): PoolFile | null =>
    file === null ? null : place(file);
  const { kernelBoot, disks, cdroms } = definition;
  return {
    ...definition,
    disks: disks.map((disk) => ({ ...disk, pool: pools.get(disk.name) ?? disk.pool })),
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

/** The files of some of its disks, by the disks' names. */
export function filesOfDisks(definition: VmDefinition, names: readonly string[]): PoolFile[] {
  return definition.disks
    .filter(({ name }) => names.includes(name))
    .map(({ pool, file }) => ({ pool, file }));
}
