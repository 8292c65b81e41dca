/**
 * Who compresses memory, and how hard (docs/decisions/0234-qemu-compresses.md, 0235-how-hard-qemu-compresses.md, 0236-what-writes-are-like.md). QEMU does it in its own threads before it sends, and an agent that
 * only carries the outcome costs next to nothing. The agents know what they sent before and send differences: where a guest changes a little of the same
 * pages again and again, faster than the way carries them whole, that is fewer bytes. Pure.
 */
import Type from "typebox";
import type { WriteRatios } from "../memory/sample-writes.ts";
import type { WrittenMemory } from "./written-memory.ts";

const compressors = ["auto", "agent", "qemu"] as const;
export type Compressor = (typeof compressors)[number];
export const CompressorSchema = Type.Unsafe<Compressor>(Type.String({ enum: [...compressors] }));

/** What 1 Gbit/s carries, for a way that nobody knows. */
const usualWayBytesPerSecond = 118_000_000;
/** A guest's memory to what becomes of it, as measured of redis. */
const usualRatio = 4.7;
/** Memory that either takes in at most, as measured where both hosts had two processors in all (docs/performance.md). */
const qemuBytesPerSecondOfThread = 400_000_000;
const agentsBytesPerSecond = 275_000_000;
/** A look of a tenth of a second may fall into a lull; a guest that then has to be slowed down pays more for it than a move that takes longer. */
const bursts = 4;
/** Rounds that leave no more than this of the one before soon come to an end. */
const littleLeft = 1 / 2;
/** Writes that no sample saw are few pages, again and again: differences are small then. */
const unseen: WriteRatios = { wholeRatio: usualRatio, differenceRatio: Infinity };
/** At the harder level each of QEMU's threads, beside all else, filled so much of a way (decision 235). */
const hardBytesPerSecondOfThread = 30_000_000;

/** Of zstd. Both take back what is many pages away, and the harder one a third more time. Beyond it time grows and bytes do not shrink. */
export const channelLevels = { fast: 2, hard: 3 } as const;

/** How fast memory goes to the target, on the wire; null: not known. */
type Way = number | null;

export function qemuCompresses(move: {
  readonly setting: Compressor;
  readonly wayBytesPerSecond: Way;
  /** How many QEMU may compress with. */
  readonly threads: number;
  /** What the guest changes; null: not known, and taken for much. */
  readonly written: WrittenMemory | null;
}): boolean {
  const { setting, threads, written } = move;
  const way = move.wayBytesPerSecond ?? usualWayBytesPerSecond;
  if (setting !== "auto") return setting === "qemu";
  if (written === null) return false;
  const takenIn = (ratio: number, most: number) => Math.min(way * ratio, most);
  const timeOf = (ratio: number, most: number) => ({
    firstRound: 1 / takenIn(usualRatio, most),
    left: (bursts * written.bytesPerSecond) / takenIn(ratio, most),
  });
  const { wholeRatio, differenceRatio } = written.ratios ?? unseen;
  const qemu = timeOf(wholeRatio, threads * qemuBytesPerSecondOfThread);
  if (qemu.left < littleLeft) return true;
  const agents = timeOf(differenceRatio, agentsBytesPerSecond);
  return endsNoLater(qemu, agents);
}

interface Rounds {
  /** Seconds for a byte of the guest's memory. */
  readonly firstRound: number;
  /** What each round leaves, as a part of the one before. */
  readonly left: number;
}

/** Of two of which none comes to an end by itself, the one that the guest has to be slowed down less for. */
function endsNoLater(one: Rounds, other: Rounds): boolean {
  if (one.left >= 1 || other.left >= 1) return one.left <= other.left;
  return one.firstRound / (1 - one.left) <= other.firstRound / (1 - other.left);
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
