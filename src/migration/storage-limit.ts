/**
 * The bandwidth limit of storage: of everything that crosses of disks and files, copied or mirrored, as it crosses. A guest
 * that writes more than that to mirrored disks is paced by it (docs/decisions/0051).
 */
import type { SourceMove } from "./stage.ts";

/** Holds from now on; to be called again while disks cross, since an administrator or the time of day may change it. */
export function applyStorageLimit({ session, limits }: SourceMove): void {
  session?.limit("storage", limits.storageBytesPerSecond);
}

const MiB = 1024 * 1024;
/**
 * A write of the copy is under way until the target's QEMU has answered: compressed, a gigabit carries 300 MB/s, and both
 * agents and a long link take some tens of milliseconds. QEMU's own 16 MiB are not enough for that, but they are what a
 * guest's writes wait behind where they are mirrored from the start.
 */
const inFlightBytesDefault = { background: 64 * MiB, synchronous: 16 * MiB };
/** What the guest's writes wait behind, at most, where they are mirrored while disks are copied. */
const inFlightSeconds = 0.1;

/**
 * How much of a disk QEMU may have on its way at once; QEMU takes no less than its copying's unit. Pure.
 * @param begins how the guest's writes are mirrored while the disk is copied
 */
export function mirrorInFlightBytes(
  bytesPerSecond: number,
  begins: "background" | "synchronous",
): number {
  const most = inFlightBytesDefault[begins];
  if (bytesPerSecond === 0) return most;
  return Math.round(Math.min(most, Math.max(MiB, bytesPerSecond * inFlightSeconds)));
}
