/**
 * Chooses how hard to compress. Pure. What counts is guest bytes per second: the compressor gives its rate, the link
 * its own times the ratio, and the lower of the two is what a choice yields. Slow links are worth a high level, fast
 * ones a low one or none at all.
 *
 * One level at a time is in use, so the others are judged by how zstd's levels relate to each other.
 */
import { batchBytesMax, batchBytesMin } from "./limits.ts";

export type Compression = "raw" | number;

/**
 * Rate and gain (ratio − 1) relative to level 1: measured on memory pages with Node 26's zstd. What a level gains differs with what the
 * memory holds (of JSON, level 3 makes more bytes than level 1), so the gain is only what is believed until it was seen. Level −1 is not
 * among them: Node's binding takes that number for a parameter that is not set, and zstd its default, level 3.
 */
const levels: ReadonlyArray<{ level: number; rate: number; gain: number }> = [
  { level: -5, rate: 1.35, gain: 0.6 },
  { level: -3, rate: 1.25, gain: 0.7 },
  { level: -2, rate: 1.2, gain: 0.78 },
  { level: 1, rate: 1, gain: 1 },
  { level: 2, rate: 0.85, gain: 1.06 },
  { level: 3, rate: 0.62, gain: 1.15 },
];

/** What is known, as level 1 would do it. */
export interface CompressionKnowledge {
  readonly current: Compression;
  /** Guest bytes per second of one job. */
  readonly jobBytesPerSecond: number;
  readonly ratio: number;
  /** What the current level makes of content, as it is. */
  readonly currentRatio: number;
  /** By level: the gain that was seen, beside level 1 on the same memory. */
  readonly gains: Readonly<Record<number, number>>;
  /** Bytes per second that the link drains. */
  readonly linkBytesPerSecond: number;
  /** Guest bytes per second that QEMU gives while it gives less than would be taken; infinite while it gives all. */
  readonly sourceBytesPerSecond: number;
  /** What held things up when last looked. */
  readonly bottleneck: Bottleneck;
  /** Whether the link was seen full, or carried all that it was given uncompressed: what it drains is known then, not guessed. */
  readonly isLinkKnown: boolean;
  /**
   * Guest bytes per second that came of compressing, where it was not the link that waited, as level 1 would have done it:
   * jobs that share their processors with everything else promise more than they keep. Infinite while nothing says so.
   */
  readonly achievedBytesPerSecond: number;
}

/** Before anything is measured: a gigabit link, memory as it usually is, and a processor that others want as well. */
export const compressionUnmeasured: CompressionKnowledge = {
  current: 1,
  jobBytesPerSecond: 200e6,
  ratio: 2.5,
  currentRatio: 2.5,
  gains: {},
  linkBytesPerSecond: 118e6,
  sourceBytesPerSecond: Number.POSITIVE_INFINITY,
  bottleneck: "link",
  isLinkKnown: false,
  achievedBytesPerSecond: Number.POSITIVE_INFINITY,
};

/** The weight of a new measurement: about the last ten count. */
const weight = 0.15;
const trialWeight = 0.4;
/** More than that no level gains over another. */
const gainMax = 1.5;
/** A change has to promise this much, or measurements that waver would make choices waver. */
const advantageMin = 1.05;
/** Compression costs the guests' processor: what it has to be worth to be begun, and to be kept up. */
const worthMin = { begin: 1.1, keepUp: 1.03 };
/**
 * Where QEMU gives less than anything takes, the network is spared: by a compressor that keeps up with so much more. Well
 * more, since compressing may be what slows QEMU: on two cores a rule that is content with little confirms itself.
 */
const spare = 2.5;
/** And that makes so much less of it. */
const sparingRatioMin = 1.1;
/**
 * While the link waits for us it is faster than what it drains; how much, only trying can tell. Trying means to compress
 * less: soon where the link was never seen full, seldom where it was.
 */
const linkGrowth = { unknown: 1.5, known: 1.01 };
/** What a full link drains is certain when nothing was compressed; compressed, it may be the other host that is slow. */
const fullWeight = { raw: 0.85, compressed: 0.25 };
const achievedWeight = 0.4;
/** What is achieved is more than at first, when nothing has got going; and may be more than before, once it was not tried for some looks. */
const achievedMore = { atFirst: 1.5, eachLook: 1.03 };
/**
 * Where processors are what everything waits for: of the time that a byte takes on both hosts, what compressing it at level
 * 1 and decompressing it take. The rest, QEMU, sockets and TLS, no other level makes shorter.
 */
const codingShare = 0.4;
const linkBytesPerSecondMax = 25e9;
/** A batch is at most this long on the wire: the last one of the blackout waits for nothing longer. */
const batchSeconds = 0.004;

export interface BatchMeasurement {
  readonly level: number;
  readonly contentBytes: number;
  readonly bodyBytes: number;
  readonly seconds: number;
}

export function afterBatch(
  knowledge: CompressionKnowledge,
  { level, contentBytes, bodyBytes, seconds }: BatchMeasurement,
): CompressionKnowledge {
  const relative = levels.find((one) => one.level === level);
  if (relative === undefined || !(seconds > 0) || bodyBytes <= 0) return knowledge;
  const { current, currentRatio, gains } = knowledge;
  const rate = contentBytes / seconds / relative.rate;
  const made = contentBytes / bodyBytes;
  const ratio = 1 + Math.max(0, made - 1) / gainOf(level, gains);
  // While little is compressed so, but now and then a batch on trial, each of them has to tell more; a small batch tells little of how long others take.
  const part = Math.min(1, contentBytes / batchBytesMin);
  const each = part * (level === current ? weight : trialWeight);
  return {
    ...knowledge,
    jobBytesPerSecond: averageRate(knowledge.jobBytesPerSecond, rate, each),
    ratio: averageRate(knowledge.ratio, ratio, each),
    ...(level === current && { currentRatio: averageRate(currentRatio, made, part * weight) }),
    ...(level === 1 && isOther(current) && { gains: withGain(knowledge, current, made) }),
  };
}

/** From now on content is compressed so. */
export function changedTo(
  knowledge: CompressionKnowledge,
  current: Compression,
): CompressionKnowledge {
  const { ratio, gains } = knowledge;
  const currentRatio = current === "raw" ? 1 : 1 + (ratio - 1) * gainOf(current, gains);
  return { ...knowledge, current, currentRatio };
}

/** A trial of level 1 beside another: what that gains on this memory. */
function withGain(
  { currentRatio, gains }: CompressionKnowledge,
  current: number,
  levelOneRatio: number,
): CompressionKnowledge["gains"] {
  if (levelOneRatio < sparingRatioMin) return gains;
  const seen = Math.max(0, currentRatio - 1) / (levelOneRatio - 1);
  return {
    ...gains,
    [current]: average(gainOf(current, gains), Math.min(seen, gainMax), trialWeight),
  };
}

function isOther(current: Compression): current is number {
  return current !== "raw" && current !== 1;
}

function gainOf(level: number, gains: CompressionKnowledge["gains"]): number {
  return gains[level] ?? levels.find((each) => each.level === level)?.gain ?? 1;
}

/** A batch that would not have become smaller. */
export function afterIncompressible(knowledge: CompressionKnowledge): CompressionKnowledge {
  return { ...knowledge, ratio: averageRate(knowledge.ratio, 1, weight) };
}

/** What kept more from being sent: the link, the compressor, or QEMU, which gave no more. */
export type Bottleneck = "link" | "compressor" | "source";

export interface LinkLook {
  /** Drained since the last look. */
  readonly bytesPerSecond: number;
  readonly bottleneck: Bottleneck;
  /** Guest bytes taken in since the last look. */
  readonly guestBytesPerSecond: number;
}

export function afterLink(
  knowledge: CompressionKnowledge,
  { bytesPerSecond, bottleneck, guestBytesPerSecond }: LinkLook,
): CompressionKnowledge {
  if (!(bytesPerSecond > 0)) return { ...knowledge, bottleneck };
  const { linkBytesPerSecond: before, isLinkKnown, current } = knowledge;
  // What is sent as it is, and waits, shows what the link drains, whatever it is that waits.
  const isShown = bottleneck === "link" || (current === "raw" && bottleneck === "compressor");
  const growth = isLinkKnown ? linkGrowth.known : linkGrowth.unknown;
  const share = current === "raw" ? fullWeight.raw : fullWeight.compressed;
  const guessed = Math.max(before * (bottleneck === "compressor" ? growth : 1), bytesPerSecond);
  const link = isShown ? average(before, bytesPerSecond, share) : guessed;
  return {
    ...knowledge,
    bottleneck,
    isLinkKnown: isLinkKnown || isShown,
    linkBytesPerSecond: Math.min(linkBytesPerSecondMax, link),
    sourceBytesPerSecond: bottleneck === "source" ? guestBytesPerSecond : Number.POSITIVE_INFINITY,
    achievedBytesPerSecond: achieved(knowledge, bottleneck, guestBytesPerSecond),
  };
}

/** Once the link waits, what was achieved says nothing any more. */
function achieved(
  { current, achievedBytesPerSecond: before }: CompressionKnowledge,
  bottleneck: Bottleneck,
  guestBytesPerSecond: number,
): number {
  if (current === "raw") return before * achievedMore.eachLook;
  if (bottleneck === "link") return Number.POSITIVE_INFINITY;
  const now = guestBytesPerSecond * timeOf(current);
  if (bottleneck === "source") return Math.max(before, now);
  return Number.isFinite(before)
    ? average(before, now, achievedWeight)
    : now * achievedMore.atFirst;
}

/** Of a byte at a level, relative to level 1, where processors are what it waits for. */
function timeOf(level: number): number {
  const rate = levels.find((each) => each.level === level)?.rate ?? 1;
  return codingShare / rate + (1 - codingShare);
}

/** @param jobs how many batches are compressed at once */
export function chooseCompression(knowledge: CompressionKnowledge, jobs: number): Compression {
  const { current } = knowledge;
  const yields = (compression: Compression) => yieldOf(compression, knowledge, jobs);
  let best = 1;
  for (const { level } of levels) if (yields(level) > yields(best)) best = level;
  const worth = current === "raw" ? worthMin.begin : worthMin.keepUp;
  const isWorth = yields(best) >= worth * yields("raw");
  if (!isWorth) return sparing(knowledge, yields) ?? "raw";
  return current === "raw" || yields(best) > advantageMin * yields(current) ? best : current;
}

/**
 * Whether to look for content that the target holds, and to keep pages that may change again, from the first time they
 * are sent: a hash and a copy of each cost as much as compressing it. Where the link is what waits, they cost nothing.
 */
export function isThoroughnessWorth({ current, bottleneck }: CompressionKnowledge): boolean {
  return current !== "raw" && bottleneck === "link";
}

/** The most that keeps up with QEMU, no more than the level that costs guests little. */
function sparing(
  { ratio, sourceBytesPerSecond }: CompressionKnowledge,
  yields: (compression: Compression) => number,
): Compression | undefined {
  if (ratio < sparingRatioMin) return undefined;
  const keepsUp = levels.filter(({ level }) => yields(level) >= spare * sourceBytesPerSecond);
  return keepsUp.findLast(({ level }) => level <= 1)?.level;
}

/** Guest bytes per second. */
export function yieldOf(
  compression: Compression,
  knowledge: CompressionKnowledge,
  jobs: number,
): number {
  const { jobBytesPerSecond, ratio, gains, linkBytesPerSecond, achievedBytesPerSecond } = knowledge;
  const relative = levels.find(({ level }) => level === compression);
  if (relative === undefined) return linkBytesPerSecond;
  const levelRatio = 1 + (ratio - 1) * gainOf(relative.level, gains);
  // What came of it counts, rather than what single jobs promise.
  const compressed = Number.isFinite(achievedBytesPerSecond)
    ? achievedBytesPerSecond / timeOf(relative.level)
    : jobs * jobBytesPerSecond * relative.rate;
  return Math.min(compressed, levelRatio * linkBytesPerSecond);
}

/** How large batches should be. */
export function batchBytesFor({ linkBytesPerSecond, ratio }: CompressionKnowledge): number {
  const bytes = linkBytesPerSecond * ratio * batchSeconds;
  return Math.round(Math.min(batchBytesMax, Math.max(batchBytesMin, bytes)));
}

function average(before: number, now: number, share: number): number {
  return before + share * (now - before);
}

/** Of what is so much in a second, or for each byte sent: a batch of nearly nothing, which has thousands, shall not count for a thousand others. */
function averageRate(before: number, now: number, share: number): number {
  return 1 / average(1 / before, 1 / now, share);
}
