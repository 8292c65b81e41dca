/**
 * What earlier moves say of the way to a host: it carried at least what the fastest of them brought over it. How hard memory is
 * compressed (compressor.ts) has to be said before its first byte crosses. Pure.
 */
import type { MigrationRecord } from "./record.ts";

/** Less has crossed before the way was ever full. */
const wireBytesMin = 32 * 1048576;
/** Older moves tell of another network, or another load. */
const movesMax = 5;
/** Faster than this part of what it may, a move tells of its limit. */
const limitedFrom = 0.7;

/**
 * Networks carry as much one way as the other: what came from there tells of the way as well, where nothing went there yet.
 *
 * @param records newest first
 * @returns bytes per second on the wire; null where no move tells
 */
export function knownWay(records: readonly MigrationRecord[], peer: string): number | null {
  const went = records.filter(({ role, target }) => role === "source" && target === peer);
  const came = records.filter(({ role, source }) => role === "target" && source === peer);
  for (const way of [went, came]) {
    const rates = way
      .map(wireRate)
      .filter((rate) => rate !== null)
      .slice(0, movesMax);
    if (rates.length > 0) return Math.max(...rates);
  }
  return null;
}

/** Disks are as fast as what they are on, and processors often slower than the way: the best moment tells most. */
function wireRate(record: MigrationRecord): number | null {
  const { state, wireBytes, stages, options, wirePeakBytesPerSecond: peak = 0 } = record;
  const memory = stages.find(({ name }) => name === "memory-precopy");
  const hadDisks = stages.some(({ name }) => name === "storage-mirror");
  if (state !== "completed" || wireBytes < wireBytesMin || hadDisks) return null;
  if (memory === undefined || memory.endedAt === null || memory.endedAt <= memory.startedAt) {
    return null;
  }
  const mean = (wireBytes / (memory.endedAt - memory.startedAt)) * 1000;
  const rate = Math.max(mean, peak);
  const { bandwidthBytesPerSecond: limit } = options;
  return limit !== undefined && rate > limitedFrom * limit ? null : rate;
}
