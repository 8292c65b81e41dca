/** What recent moves of this host say about the next one: what a move costs whatever it moves, and how fast memory goes. Pure. */
import Type from "typebox";
import {
  type BlackoutRecord,
  type MigrationRecord,
  PerformanceOption,
  performanceOptions,
} from "../migration/record.ts";

const Rate = Type.Union([Type.Number({ minimum: 0 }), Type.Null()]);
const Milliseconds = Type.Number({ minimum: 0 });

export const PastMoves = Type.Object({
  /** How many moves this stands on; 0: it is what is usual. */
  moves: Type.Integer({ minimum: 0 }),
  /** Of a move without its copying: connecting, starting QEMU, cleaning up. */
  fixedMs: Milliseconds,
  /** Guest memory that crossed, bytes per second; null: no move to judge by. */
  guestBytesPerSecond: Rate,
  /** Bytes on the wire for one of guest memory. */
  wireRatio: Type.Number({ minimum: 0 }),
  /** Of the blackout what does not depend on how much memory is left. */
  blackoutMs: Milliseconds,
  /** The least that sending the last memory took: of a guest that leaves next to nothing. */
  lastSendMs: Milliseconds,
  /** Content of disks that was copied, bytes per second; null: no move to judge by. */
  diskBytesPerSecond: Rate,
  /** Bytes on the wire for one of a disk. */
  diskWireRatio: Type.Number({ minimum: 0 }),
});
export type PastMoves = Type.Static<typeof PastMoves>;

/** A host's own moves, as it tells those that are about to move something to it: by performance option, where it made any. */
export const OwnPastMoves = Type.Array(
  Type.Object({ performance: PerformanceOption, past: PastMoves }),
  { maxItems: 8 },
);
export type OwnPastMoves = Type.Static<typeof OwnPastMoves>;

/** Before a host has moved anything. */
const usual: PastMoves = {
  moves: 0,
  fixedMs: 2_500,
  guestBytesPerSecond: null,
  wireRatio: 0.6,
  blackoutMs: 80,
  lastSendMs: 20,
  diskBytesPerSecond: null,
  // Between a file system of programs and one of pictures.
  diskWireRatio: 0.7,
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
    return performance === "compression" ? usual : { ...usual, wireRatio: 1, diskWireRatio: 1 };
  }
  const rates = moves.flatMap((record) => {
    const copyingMs = durationOf(record, "memory-precopy");
    return copyingMs > 0 && record.guestBytes > 0 ? [(record.guestBytes * 1000) / copyingMs] : [];
  });
  const ratios = moves.flatMap(({ guestBytes, diskBytes, wireBytes }) =>
    guestBytes > 0 && diskBytes === 0 ? [wireBytes / guestBytes] : [],
  );
  const blackouts = moves.flatMap(({ blackout }) => blackout ?? []);
  return {
    moves: moves.length,
    fixedMs: median(moves.map(fixedMs)) ?? usual.fixedMs,
    guestBytesPerSecond: median(rates) ?? null,
    wireRatio: median(ratios) ?? usual.wireRatio,
    blackoutMs: median(blackouts.map(withoutSending)) ?? usual.blackoutMs,
    lastSendMs: Math.min(...blackouts.map(({ sendMs }) => sendMs)),
    ...pastDisks(moves, performance),
  };
}

/** @param records Newest first. */
export function ownPastMoves(records: readonly MigrationRecord[]): OwnPastMoves {
  return performanceOptions.flatMap((performance) => {
    const own = records.filter((record) => optionOf(record) === performance);
    const past = pastMoves(own, "", performance);
    return past.moves === 0 ? [] : [{ performance, past }];
  });
}

function withoutSending({ totalMs, disksMs, sendMs }: BlackoutRecord): number {
  return Math.max(0, totalMs - disksMs - sendMs);
}

function pastDisks(moves: readonly MigrationRecord[], performance: string) {
  const copied = moves.flatMap((record) => {
    const { diskBytes, disks } = record;
    const copyingMs = durationOf(record, "storage-mirror");
    if (diskBytes === 0 || copyingMs === 0) return [];
    const wireBytes = disks.reduce((sum, disk) => sum + (disk.wireBytes ?? disk.copiedBytes), 0);
    return [{ rate: (diskBytes * 1000) / copyingMs, ratio: wireBytes / diskBytes }];
  });
  const usualRatio = performance === "compression" ? usual.diskWireRatio : 1;
  return {
    diskBytesPerSecond: median(copied.map(({ rate }) => rate)) ?? null,
    diskWireRatio: median(copied.map(({ ratio }) => ratio)) ?? usualRatio,
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
  const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1);
  if (middle.length === 0) return undefined;
  return middle.reduce((sum, value) => sum + value, 0) / middle.length;
}
