/** A move of disks to other pools of their host, as text. Pure. */
import type { Vm } from "../../api/schema/vm.ts";
import { formatBytes, formatDuration, formatRate } from "../../base/format.ts";

type StorageMove = NonNullable<Vm["storageMove"]>;

/** One line a disk. */
export function storageMoveLines({ disks }: StorageMove): string[] {
  return disks.map((disk) => {
    const { name, pool, targetPool, state, copiedBytes, totalBytes } = disk;
    const where = `disk ${name}: ${pool} -> ${targetPool}`;
    if (state === "waiting") return `${where}, waits`;
    if (state === "moved") return `${where}, moved`;
    const left =
      disk.remainingMs === null || state === "mirrored"
        ? ""
        : `, about ${formatDuration(Math.ceil(disk.remainingMs / 1000) * 1000)} left`;
    const done = `${formatBytes(copiedBytes)} of ${formatBytes(totalBytes)}`;
    return `${where}, ${done}, ${formatRate(disk.rateBytesPerSecond)}${left}`;
  });
}

/** What came of it, as a sentence. */
export function renderStorageMove({ name, definition, storageMove }: Vm): string {
  const places = definition.disks.map((disk) => `${disk.name} in ${disk.pool}`).join(", ");
  switch (storageMove?.state) {
    case "running":
    case "cancelling":
      return `The disks of ${name} are moving`;
    case "cancelled":
      return `Moving the disks of ${name} was cancelled; they are: ${places}`;
    case "failed":
      return `Moving the disks of ${name} failed; they are: ${places}`;
    default:
      return `The disks of ${name} are: ${places}`;
  }
}
