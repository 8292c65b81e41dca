/** What a watcher sees of a move in memory-precopy, from QEMU's and the session's figures. Pure. */
import type { MemoryStatus } from "../qemu/migration.ts";
import type { SessionStats } from "../session/session.ts";
import type { Progress } from "./progress-snapshot.ts";
import type { RoundRecord } from "./record.ts";
import { remainingTime } from "./remaining.ts";

/** Pre-copy fills the bar to here; the switch-over is the rest. */
const percentPrecopyMax = 95;

/** At what rate the rest shrinks now, bytes per second; negative while the guest writes faster than the link carries. */
export function netRate(memory: MemoryStatus, stats: SessionStats, limit: number): number {
  return guestRate(memory, stats, limit) - memory.dirtyBytesPerSecond;
}

/**
 * Guest memory that can cross now, bytes per second: what the link drains, or, where that is encoded, what QEMU gets rid of;
 * never more than the move's limit, which is of bytes on the wire (0: none).
 */
export function guestRate(memory: MemoryStatus, stats: SessionStats, limit: number): number {
  if (stats.memory !== null) return memory.rateBytesPerSecond;
  const carried = stats.drainBytesPerSecond || memory.rateBytesPerSecond;
  return Math.min(carried, limit || Number.POSITIVE_INFINITY);
}

/** Memory goes past the session over RDMA: what crosses there, only QEMU knows. */
export function statsOverRdma(stats: SessionStats, memory: MemoryStatus): SessionStats {
  return {
    ...stats,
    wireBytes: stats.wireBytes + memory.transferredBytes,
    drainBytesPerSecond: memory.rateBytesPerSecond,
  };
}

/** QEMU compresses: what the link drains is not what leaves the guest. */
export function statsOfChannels(stats: SessionStats, memory: MemoryStatus): SessionStats {
  return { ...stats, drainBytesPerSecond: memory.guestBytesPerSecond };
}

/** `netRates`: the latest ones (remaining.ts). `limit`: the move's, bytes per second; 0: none. */
export function toProgress(
  memory: MemoryStatus,
  stats: SessionStats,
  at: number,
  netRates: readonly number[],
  limit: number,
): Progress {
  const remaining = remainingTime(memory.remainingBytes, netRates);
  const done = memory.totalBytes > 0 ? 1 - memory.remainingBytes / memory.totalBytes : 0;
  return {
    at,
    round: memory.round,
    totalBytes: memory.totalBytes,
    transferredBytes: memory.transferredBytes,
    remainingBytes: memory.remainingBytes,
    percent: Math.max(0, Math.min(percentPrecopyMax, Math.round(done * percentPrecopyMax))),
    rateBytesPerSecond: Math.round(guestRate(memory, stats, limit)),
    dirtyBytesPerSecond: memory.dirtyBytesPerSecond,
    expectedBlackoutMs: memory.expectedBlackoutMs,
    remainingMs: remaining?.ms ?? null,
    remainingMsUncertainty: remaining?.uncertaintyMs ?? null,
    wireBytes: stats.wireBytes,
    networks: [...stats.networks],
    throttlePercent: Math.min(99, memory.throttlePercent),
  };
}

/** Pages that nobody waits for take so much of what may cross: those that the guest asks for must not queue behind them. */
const unaskedShare = 0.8;
/** A link that was not measured yet still has to be used. */
const unaskedBytesMin = 4_000_000;

/** What QEMU may send unasked in post-copy, bytes per second. `limit`: the move's; 0: none. */
export function postCopyBandwidth(drainBytesPerSecond: number, limit: number): number {
  const unasked = Math.max(unaskedBytesMin, drainBytesPerSecond * unaskedShare);
  return Math.round(limit === 0 ? unasked : Math.min(unasked, limit * unaskedShare));
}

/**
 * The round that ended when QEMU collected modified pages again. What remained at its beginning has crossed in it, whatever
 * it took on the wire, and what remains at its end was written in it: QEMU's own rates are of other times (seen to be wrong by
 * three), and a page that is written often counts once, as it does for the next round.
 */
export function toRound(
  before: { readonly at: number; readonly memory: MemoryStatus },
  memory: MemoryStatus,
  at: number,
): RoundRecord {
  const durationMs = Math.max(1, at - before.at);
  const perSecond = (bytes: number): number => Math.round((bytes / durationMs) * 1000);
  return {
    number: Math.max(1, before.memory.round),
    startedAt: before.at,
    durationMs,
    bytesSent: Math.max(0, memory.transferredBytes - before.memory.transferredBytes),
    remainingBytes: memory.remainingBytes,
    dirtyBytesPerSecond: perSecond(memory.remainingBytes),
    linkBytesPerSecond: perSecond(before.memory.remainingBytes),
  };
}
