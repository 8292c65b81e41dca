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
/** QEMU's own. */
const inFlightBytesDefault = 16 * MiB;
/** What the guest's writes wait behind, at most, where they are mirrored while disks are copied. */
const inFlightSeconds = 0.1;

/** How much of a disk QEMU may have on its way at once; QEMU takes no less than its copying's unit. Pure. */
export function mirrorInFlightBytes(bytesPerSecond: number): number {
  if (bytesPerSecond === 0) return inFlightBytesDefault;
  return Math.round(
    Math.min(inFlightBytesDefault, Math.max(MiB, bytesPerSecond * inFlightSeconds)),
  );
}
