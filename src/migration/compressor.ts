/**
 * Who compresses memory, and how hard (docs/decisions/0234-qemu-compresses.md, 0235-how-hard-qemu-compresses.md). QEMU does it in its own threads before it sends, and an agent that
 * only carries the outcome costs next to nothing. The agents know what they sent before and send differences: where a guest writes the same pages
 * again and again, faster than the way carries them, that is fewer bytes. Pure.
 */
import Type from "typebox";

const compressors = ["auto", "agent", "qemu"] as const;
export type Compressor = (typeof compressors)[number];
export const CompressorSchema = Type.Unsafe<Compressor>(Type.String({ enum: [...compressors] }));

/** What 1 Gbit/s carries, for a way that nobody knows. */
const usualWayBytesPerSecond = 118_000_000;
/** A guest's memory to what becomes of it, as measured of redis. */
const usualRatio = 4.7;
/** A round then leaves so much of the one before it. */
const roundsShrinkTo = 1 / 8;
/** At the harder level each of QEMU's threads, beside all else, filled so much of a way (decision 235). */
const hardBytesPerSecondOfThread = 30_000_000;

/** Of zstd. Both take back what is many pages away, and the harder one a third more time. Beyond it time grows and bytes do not shrink. */
export const channelLevels = { fast: 2, hard: 3 } as const;

/** How fast memory goes to the target, on the wire; null: not known. */
type Way = number | null;

export function qemuCompresses(move: {
  readonly setting: Compressor;
  readonly wayBytesPerSecond: Way;
  /** What the guest changes; null: not known, and taken for much. */
  readonly writtenBytesPerSecond: number | null;
}): boolean {
  const { setting, wayBytesPerSecond: way, writtenBytesPerSecond: written } = move;
  if (setting !== "auto") return setting === "qemu";
  const carried = (way ?? usualWayBytesPerSecond) * usualRatio;
  return written !== null && written < carried * roundsShrinkTo;
}

/** Of as many channels as there are threads. */
export function channelLevel(wayBytesPerSecond: Way, threads: number): number {
  const isSlow =
    wayBytesPerSecond !== null && wayBytesPerSecond < threads * hardBytesPerSecondOfThread;
  return isSlow ? channelLevels.hard : channelLevels.fast;
}

/** What is known of a way that a limit makes narrower. @param limitBytesPerSecond 0: none */
export function narrowest(known: Way, limitBytesPerSecond: number): Way {
  const limit = limitBytesPerSecond > 0 ? limitBytesPerSecond : Infinity;
  const way = Math.min(known ?? Infinity, limit);
  return Number.isFinite(way) ? way : null;
}
