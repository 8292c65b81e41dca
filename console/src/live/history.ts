/**
 * What a running move's progress was, point by point, for its charts: collected from the first event that this page
 * sees on, beside the cache, so that ten points a second make no page render anew.
 */
import type { MigrationRecord } from "../../../src/migration/record.ts";

export interface ProgressPoint {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly remainingBytes: number;
  readonly rateBytesPerSecond: number;
  readonly dirtyBytesPerSecond: number;
  readonly guestBytes: number;
  readonly wireBytes: number;
  readonly copiedDiskBytes: number;
}

/** Ten a second for a quarter of an hour; older ones are thinned out. */
const pointsMax = 9_000;
const migrationsMax = 32;

const histories = new Map<string, ProgressPoint[]>();
const listeners = new Set<(id: string) => void>();

export function recordProgress({ id, progress, disks, role }: MigrationRecord): void {
  if (role !== "source" || progress === null) return;
  const points = histories.get(id) ?? begin(id);
  if ((points.at(-1)?.at ?? 0) >= progress.at) return;
  points.push({
    at: progress.at,
    remainingBytes: progress.remainingBytes,
    rateBytesPerSecond: progress.rateBytesPerSecond,
    dirtyBytesPerSecond: progress.dirtyBytesPerSecond,
    guestBytes: progress.transferredBytes,
    wireBytes: progress.wireBytes,
    copiedDiskBytes: disks.reduce((sum, { copiedBytes }) => sum + copiedBytes, 0),
  });
  if (points.length > pointsMax) thinOut(points);
  for (const listener of listeners) listener(id);
}

export function progressOf(id: string): readonly ProgressPoint[] {
  return histories.get(id) ?? [];
}

export function onProgress(listener: (id: string) => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function begin(id: string): ProgressPoint[] {
  const oldest = histories.keys().next().value;
  if (histories.size >= migrationsMax && oldest !== undefined) histories.delete(oldest);
  const points: ProgressPoint[] = [];
  histories.set(id, points);
  return points;
}

/** Every second point of the older half goes. */
function thinOut(points: ProgressPoint[]): void {
  const half = points.length / 2;
  const kept = points.filter((_, index) => index > half || index % 2 === 0);
  points.splice(0, points.length, ...kept);
}
