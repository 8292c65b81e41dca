/** How long the guest would stand still if its move switched over now. Pure. */
import type { MigrationRecord } from "../../../src/migration/record.ts";

type Progress = NonNullable<MigrationRecord["progress"]>;

/**
 * QEMU's own expectation is the limit it was given until a round is over: what is left has to cross in any case.
 * @returns Milliseconds; null before anything has crossed.
 */
export function standstillMs(progress: Progress): number | null {
  const { remainingBytes, rateBytesPerSecond, expectedBlackoutMs } = progress;
  if (rateBytesPerSecond <= 0) return null;
  return Math.max(expectedBlackoutMs ?? 0, (remainingBytes / rateBytesPerSecond) * 1000);
}
