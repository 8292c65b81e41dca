/**
 * What earlier moves say of the way to a host: it carried at least what the fastest of them brought over it. How hard memory is
 * compressed (compressor.ts) has to be said before its first byte crosses. Pure.
 */
import type { MigrationRecord } from "./record.ts";

/** Less has crossed before the way was ever full. */
const wireBytesMin = 32 * 1048576;
/** Older moves tell of another network, or another load. */
const movesMax = 5;

/**
 * @param records newest first
 * @returns bytes per second on the wire; null where no move tells
 */
export function knownWay(records: readonly MigrationRecord[], target: string): number | null {
  const rates = records
    .filter((record) => record.role === "source" && record.target === target)
    .map(wireRate)
    .filter((rate) => rate !== null)
    .slice(0, movesMax);
  return rates.length === 0 ? null : Math.max(...rates);
}

/** Disks are as fast as what they are on. */
function wireRate({ state, wireBytes, disks, stages }: MigrationRecord): number | null {
  const memory = stages.find(({ name }) => name === "memory-precopy");
  if (state !== "completed" || wireBytes < wireBytesMin || disks.length > 0) return null;
  if (memory === undefined || memory.endedAt === null || memory.endedAt <= memory.startedAt) {
    return null;
  }
  return (wireBytes / (memory.endedAt - memory.startedAt)) * 1000;
}
