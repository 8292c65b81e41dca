/** What recent moves of this host say about the next one: what a move costs whatever it moves, and how fast memory goes. Pure. */
import type { MigrationRecord } from "../migration/record.ts";

export interface PastMoves {
  /** How many moves this stands on; 0: it is what is usual. */
  readonly moves: number;
  /** Of a move without its copying: connecting, starting QEMU, cleaning up. */
  readonly fixedMs: number;
  /** Guest memory that crossed, bytes per second; null: no move to judge by. */
  readonly guestBytesPerSecond: number | null;
  /** Bytes on the wire for one of guest memory. */
  readonly wireRatio: number;
  /** Of the blackout what does not depend on how much memory is left. */
  readonly blackoutMs: number;
}

/** Before a host has moved anything. */
const usual: PastMoves = {
  moves: 0,
  fixedMs: 2_500,
  guestBytesPerSecond: null,
  wireRatio: 0.6,
  blackoutMs: 100,
};

/** Older moves tell of another load, another network or another Ferry. */
const movesMax = 10;

/** @param records Newest first. @param performance The option of the move to come. */
export function pastMoves(
  records: readonly MigrationRecord[],
  target: string,
  performance: string,
): PastMoves {
  const completed = records.filter(
    ({ role, state, startedAt, blackout }) =>
      role === "source" && state === "completed" && startedAt !== null && blackout !== null,
  );
  const chosen = [
    completed.filter((record) => record.target === target && optionOf(record) === performance),
    completed.filter((record) => record.target === target),
    completed,
  ].find((list) => list.length > 0);
  const moves = (chosen ?? []).slice(0, movesMax);
  if (moves.length === 0) {
    return performance === "compression" ? usual : { ...usual, wireRatio: 1 };
  }
  const rates = moves.flatMap((record) => {
    const copyingMs = durationOf(record, "memory-precopy");
    return copyingMs > 0 && record.guestBytes > 0 ? [(record.guestBytes * 1000) / copyingMs] : [];
  });
  const ratios = moves.flatMap(({ guestBytes, diskBytes, wireBytes }) =>
    guestBytes > 0 && diskBytes === 0 ? [wireBytes / guestBytes] : [],
  );
  return {
    moves: moves.length,
    fixedMs: median(moves.map(fixedMs)) ?? usual.fixedMs,
    guestBytesPerSecond: median(rates) ?? null,
    wireRatio: median(ratios) ?? usual.wireRatio,
    blackoutMs:
      median(moves.map(({ blackout }) => (blackout?.totalMs ?? 0) - (blackout?.disksMs ?? 0))) ??
      usual.blackoutMs,
  };
}

function optionOf({ options }: MigrationRecord): string {
  return options.performance ?? "compression";
}

function fixedMs(record: MigrationRecord): number {
  const totalMs = (record.endedAt ?? 0) - (record.startedAt ?? 0);
  const copyingMs = durationOf(record, "memory-precopy") + durationOf(record, "storage-mirror");
  return Math.max(0, totalMs - copyingMs);
}

function durationOf({ stages }: MigrationRecord, name: string): number {
  const stage = stages.find((candidate) => candidate.name === name);
  return stage === undefined || stage.endedAt === null ? 0 : stage.endedAt - stage.startedAt;
}

function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)];
}
