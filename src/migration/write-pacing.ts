/**
 * What it cost the guest that its disks were mirrored: how long its writes took, and for how long they took longer than
 * before. Pure.
 */
import type { WriteStatistics } from "../qemu/write-statistics.ts";
import type { GuestWrites } from "./record.ts";

export interface WriteSample extends WriteStatistics {
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface Pacing {
  readonly first: WriteSample;
  /** The last sample that told of a write. */
  readonly last: WriteSample;
  readonly pacedMs: number;
}

/** Writes are paced when they take longer than usual by so much; less is the storage's own wavering. */
const slowerTimes = 2;
const slowerMs = 2;

export function firstPacing(sample: WriteSample): Pacing {
  return { first: sample, last: sample, pacedMs: 0 };
}

export function withWrites(pacing: Pacing, sample: WriteSample): Pacing {
  const { first, last, pacedMs } = pacing;
  const operations = sample.operations - last.operations;
  if (operations <= 0) return pacing;
  const waitedMs = sample.waitedMs - last.waitedMs;
  const isPaced = waitedMs / operations > slowerTimes * (meanOf(first) ?? 0) + slowerMs;
  // A guest that wrote little in that time was held up no longer than its writes took.
  const heldUpMs = isPaced ? Math.min(sample.at - last.at, waitedMs) : 0;
  return { first, last: sample, pacedMs: pacedMs + heldUpMs };
}

export function toGuestWrites({ first, last, pacedMs }: Pacing): GuestWrites {
  const operations = last.operations - first.operations;
  return {
    operations,
    bytes: last.bytes - first.bytes,
    meanMs: round(meanOf({ operations, waitedMs: last.waitedMs - first.waitedMs })),
    usualMs: round(meanOf(first)),
    pacedMs: Math.round(pacedMs),
  };
}

function meanOf({
  operations,
  waitedMs,
}: Pick<WriteStatistics, "operations" | "waitedMs">): number | null {
  return operations <= 0 ? null : waitedMs / operations;
}

function round(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 1000) / 1000;
}
