/** How long emptying a host takes, judged by how long its past moves took. Pure. */
import { percentile } from "../base/percentile.ts";
import type { MigrationRecord } from "../migration/record.ts";

interface Size {
  readonly memoryBytes: number;
  readonly diskBytes: number;
}

/** Setting up and switching over take this long however small the VM is. */
const moveMsMin = 500;

/**
 * Milliseconds for these moves with `atOnce` of them side by side; null for none, and without a completed move to judge by. A VM's size is
 * its whole memory: how much of it is utilized is known only to the guest.
 */
export function drainTime(
  moves: readonly Size[],
  past: readonly MigrationRecord[],
  atOnce: number,
): number | null {
  if (moves.length === 0) return null;
  const msPerByte = percentile(past.flatMap(paceOf), 50);
  if (msPerByte === null) return null;
  const single = moves.map(({ memoryBytes, diskBytes }) =>
    Math.max(moveMsMin, (memoryBytes + diskBytes) * msPerByte),
  );
  const total = single.reduce((sum, ms) => sum + ms, 0) / Math.min(atOnce, moves.length);
  return Math.round(Math.max(total, ...single));
}

function paceOf(record: MigrationRecord): number[] {
  const { role, state, startedAt, endedAt, progress, diskBytes } = record;
  if (role !== "source" || state !== "completed" || startedAt === null || endedAt === null)
    return [];
  const bytes = (progress?.totalBytes ?? 0) + diskBytes;
  return bytes === 0 ? [] : [(endedAt - startedAt) / bytes];
}
