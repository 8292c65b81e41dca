/** What a watcher sees of a move in memory-precopy, from QEMU's and the session's figures. Pure. */
import type { MemoryStatus } from "../qemu/migration.ts";
import type { SessionStats } from "../session/session.ts";
import type { Progress, RoundRecord } from "./record.ts";
import { remainingTime } from "./remaining.ts";

/** Pre-copy fills the bar to here; the switch-over is the rest. */
const percentPrecopyMax = 95;

/** At what rate the rest shrinks now, bytes per second; negative while the guest writes faster than the link carries. */
export function netRate(memory: MemoryStatus, stats: SessionStats): number {
  return guestRate(memory, stats) - memory.dirtyBytesPerSecond;
}

/** Guest memory that crosses now, bytes per second: what the link drains, or, where that is encoded, what QEMU gets rid of. */
export function guestRate(memory: MemoryStatus, stats: SessionStats): number {
  if (stats.memory !== null) return memory.rateBytesPerSecond;
  return stats.drainBytesPerSecond || memory.rateBytesPerSecond;
}

/** `netRates`: the latest ones (remaining.ts). */
export function toProgress(
  memory: MemoryStatus,
  stats: SessionStats,
  at: number,
  netRates: readonly number[],
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
    rateBytesPerSecond: Math.round(guestRate(memory, stats)),
    dirtyBytesPerSecond: memory.dirtyBytesPerSecond,
    expectedBlackoutMs: memory.expectedBlackoutMs,
    remainingMs: remaining?.ms ?? null,
    remainingMsUncertainty: remaining?.uncertaintyMs ?? null,
    wireBytes: stats.wireBytes,
    throttlePercent: Math.min(99, memory.throttlePercent),
  };
}

/** The round that ended when QEMU collected modified pages again. */
export function toRound(
  before: { readonly at: number; readonly memory: MemoryStatus },
  memory: MemoryStatus,
  linkBytesPerSecond: number,
  at: number,
): RoundRecord {
  return {
    number: Math.max(1, before.memory.round),
    startedAt: before.at,
    durationMs: Math.max(0, at - before.at),
    bytesSent: Math.max(0, memory.transferredBytes - before.memory.transferredBytes),
    remainingBytes: memory.remainingBytes,
    dirtyBytesPerSecond: memory.dirtyBytesPerSecond,
    linkBytesPerSecond: Math.round(linkBytesPerSecond),
  };
}
