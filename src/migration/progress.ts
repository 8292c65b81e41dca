/** What a watcher sees of a move in memory-precopy, from QEMU's and the session's figures. Pure. */
import type { MemoryStatus } from "../qemu/migration.ts";
import type { SessionStats } from "../session/session.ts";
import type { Progress, RoundRecord } from "./record.ts";

/** Pre-copy fills the bar to here; the switch-over is the rest. */
const percentPrecopyMax = 95;

export function toProgress(
  memory: MemoryStatus,
  stats: SessionStats,
  at: number,
): Progress {
  const rate = stats.drainBytesPerSecond || memory.rateBytesPerSecond;
  const net = rate - memory.dirtyBytesPerSecond;
  const done = memory.totalBytes > 0 ? 1 - memory.remainingBytes / memory.totalBytes : 0;
  return {
    at,
    round: memory.round,
    totalBytes: memory.totalBytes,
    transferredBytes: memory.transferredBytes,
    remainingBytes: memory.remainingBytes,
    percent: Math.max(0, Math.min(percentPrecopyMax, Math.round(done * percentPrecopyMax))),
    rateBytesPerSecond: Math.round(rate),
    dirtyBytesPerSecond: memory.dirtyBytesPerSecond,
    expectedBlackoutMs: memory.expectedBlackoutMs,
    // While the guest writes faster than the link carries, no time can be promised.
    remainingMs: net > 0 ? Math.round((memory.remainingBytes / net) * 1000) : null,
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
