/**
 * How long a move will take, how much it will send and how long the guest will stand still: from what the guest has and
 * writes, what the way between the hosts carries, and what recent moves cost. Pure.
 *
 * Memory is sent in rounds, each as long as what the last one left over takes: with the guest writing at D and memory going
 * at R, a round leaves D/R of what it began with. The guest writes the same pages again and again, so that no round leaves more
 * than what was seen to change in a second, times the seconds the round took, up to all it uses.
 */
import { sessionLimits } from "../session/limits.ts";
import type { PastMoves } from "./past-moves.ts";

export interface LinkFacts {
  /** Where the target was reached for the measurement. */
  readonly addresses: readonly string[];
  readonly bytesPerSecond: number;
  readonly roundTripMs: number;
}

export interface GuestLoad {
  /** Of the guest's memory what holds something. */
  readonly usedBytes: number;
  /** Memory that changes; null where it could not be measured. */
  readonly dirtyBytesPerSecond: number | null;
  /** What comparing all memory takes; null where the move compares none, or it is not known. */
  readonly compareMs: number | null;
}

export interface PredictionInput {
  readonly guest: GuestLoad;
  readonly link: LinkFacts;
  readonly past: PastMoves;
  /** Disks and files that move along. */
  readonly diskBytes: number;
  /** On the wire, of the move or its host; null: none. */
  readonly bandwidthBytesPerSecond: number | null;
  /** The same for disks and files. */
  readonly storageBytesPerSecond: number | null;
  readonly blackoutMsMax: number;
}

export interface Prediction {
  readonly totalMs: number;
  readonly blackoutMs: number;
  readonly wireBytes: number;
  /** Whether memory is expected to settle within the longest blackout that is allowed. */
  readonly converges: boolean;
  /** Where it does not, or memory can't be compared within it: why, and what would help; null where nothing is amiss. */
  readonly advice: string | null;
  /** What it was made from. */
  readonly usedBytes: number;
  readonly dirtyBytesPerSecond: number | null;
  readonly guestBytesPerSecond: number;
  readonly link: LinkFacts;
  readonly pastMoves: number;
}

/** QEMU looks ten times a second at what is left: a round takes no less. */
const collectMs = 100;
const roundsMax = 30;
/** Memory and disks that were next to nothing on the wire say little of the next. */
const ratioMin = 0.01;
/** Below this, rounds shrink too slowly to end. */
const shrinkMax = 0.9;

export function predict(input: PredictionInput): Prediction {
  const { guest, link, past, diskBytes, blackoutMsMax } = input;
  const { rate, isLinkFull, wireRatio } = guestRate(input);
  const dirty = guest.dirtyBytesPerSecond ?? 0;
  const { sentBytes, copyingMs, leftBytes } = rounds(guest.usedBytes, dirty, rate, blackoutMsMax);
  const leftMs = (leftBytes / rate) * 1000;
  const converges = leftMs <= blackoutMsMax;
  const diskMs = (diskBytes / diskRate(input)) * 1000;
  const switchMs =
    past.blackoutMs +
    Math.max(past.lastSendMs, Math.min(leftMs, blackoutMsMax)) +
    // What is on the way when the guest stops goes first.
    (isLinkFull ? sessionLimits.drainMs : 0);
  const compareMs = guest.compareMs ?? 0;
  const isCompared = switchMs + compareMs <= blackoutMsMax;
  const advice = [
    ...(converges ? [] : [adviceOn(dirty, rate, blackoutMsMax)]),
    ...(isCompared || compareMs === 0 ? [] : [adviceOnComparing(compareMs, blackoutMsMax)]),
  ];
  return {
    totalMs: past.fixedMs + copyingMs + diskMs,
    blackoutMs: switchMs + (isCompared ? compareMs : 0),
    wireBytes: Math.round(sentBytes * wireRatio + diskBytes * past.diskWireRatio),
    converges,
    advice: advice.length === 0 ? null : advice.join(". "),
    usedBytes: guest.usedBytes,
    dirtyBytesPerSecond: guest.dirtyBytesPerSecond,
    guestBytesPerSecond: Math.round(rate),
    link,
    pastMoves: past.moves,
  };
}

/** Guest memory that crosses, bytes per second: as fast as the wire, the hosts and the limit allow. */
function guestRate({ link, past, bandwidthBytesPerSecond }: PredictionInput) {
  const wire = Math.min(link.bytesPerSecond, bandwidthBytesPerSecond ?? Infinity);
  const carried = wire / Math.max(past.wireRatioMin, ratioMin);
  const hosts = past.guestBytesPerSecond ?? Infinity;
  const isLinkFull = carried < hosts;
  const wireRatio = isLinkFull ? past.wireRatioMin : past.wireRatio;
  return { rate: Math.max(1, Math.min(carried, hosts)), isLinkFull, wireRatio };
}

/** Content of disks and files that crosses, bytes per second. */
function diskRate({ link, past, storageBytesPerSecond }: PredictionInput): number {
  const wire = Math.min(link.bytesPerSecond, storageBytesPerSecond ?? Infinity);
  const carried = wire / Math.max(past.diskWireRatio, ratioMin);
  return Math.max(1, Math.min(carried, past.diskBytesPerSecond ?? Infinity));
}

function rounds(usedBytes: number, dirty: number, rate: number, blackoutMsMax: number) {
  let leftBytes = usedBytes;
  let copyingMs = 0;
  let sentBytes = 0;
  for (let round = 0; round < roundsMax; round++) {
    const roundMs = (leftBytes / rate) * 1000;
    copyingMs += roundMs;
    sentBytes += leftBytes;
    const next = Math.min(usedBytes, (dirty * Math.max(roundMs, collectMs)) / 1000);
    const isSettled = (next / rate) * 1000 <= Math.min(20, blackoutMsMax);
    const isFlat = next > leftBytes * shrinkMax;
    leftBytes = next;
    if (isSettled || isFlat) break;
  }
  return { leftBytes, copyingMs, sentBytes: sentBytes + leftBytes };
}

function adviceOn(dirty: number, rate: number, blackoutMsMax: number): string {
  const mib = (bytes: number) => `${(bytes / 1048576).toFixed(0)} MiB/s`;
  return (
    `The guest changes ${mib(dirty)}, memory crosses at ${mib(rate)}: it would not settle within a blackout of ${blackoutMsMax} ms ` +
    "unless the guest is slowed down; a faster migration network, --performance multichannel, a longer --max-blackout, or a calmer hour would help"
  );
}

function adviceOnComparing(compareMs: number, blackoutMsMax: number): string {
  return (
    `Comparing all memory would take about ${compareMs.toFixed(0)} ms, which does not fit a blackout of ${blackoutMsMax} ms: ` +
    "it is left out then; allow it with a longer --max-blackout"
  );
}
