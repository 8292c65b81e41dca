/**
 * What QEMU says of a mirror, without the holes it counts. QEMU copies a raw disk's holes too: it declares them zero, in
 * no bytes at all, and calls that copied. A person wants to know what crossed and what is left to cross. Pure.
 */
import type { MirrorStatus } from "../qemu/mirror.ts";

export interface Holes {
  /** Declared so far. */
  readonly declaredBytes: number;
  /** Declared so far or expected; 0 before QEMU knows how much there is to copy. */
  readonly expectedBytes: number;
}

export const noHoles: Holes = { declaredBytes: 0, expectedBytes: 0 };

/**
 * @param sentBytes content that was given to the session; what of it is still on its way QEMU does not count as copied
 * @param allocatedBytes what the checks found in the disk's file; undefined where that is not all of the disk
 */
export function holesOf(
  before: Holes,
  { copiedBytes, totalBytes }: MirrorStatus,
  sentBytes: number,
  allocatedBytes: number | undefined,
): Holes {
  const declaredBytes = Math.max(before.declaredBytes, copiedBytes - sentBytes);
  const first = allocatedBytes === undefined ? 0 : Math.max(0, totalBytes - allocatedBytes);
  // Afterwards QEMU's total grows with what the guest writes.
  const expectedBytes = Math.max(declaredBytes, before.expectedBytes || first);
  return { declaredBytes, expectedBytes };
}

export function withoutHoles(mirror: MirrorStatus, holes: Holes): MirrorStatus {
  const copiedBytes = Math.max(0, mirror.copiedBytes - holes.declaredBytes);
  const leftBytes = Math.max(0, mirror.totalBytes - mirror.copiedBytes);
  const holesLeft = mirror.ready ? 0 : holes.expectedBytes - holes.declaredBytes;
  const totalBytes = mirror.totalBytes === 0 ? 0 : copiedBytes + Math.max(0, leftBytes - holesLeft);
  return { ...mirror, copiedBytes, totalBytes };
}
