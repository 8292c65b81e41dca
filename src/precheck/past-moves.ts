/** What recent moves of this host say about the next one: what a move costs whatever it moves, and how fast memory goes. Pure. */
import Type from "typebox";
import type { BlackoutRecord } from "../migration/blackout-record.ts";
import {
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
  /** The least that was seen: where the link decides, memory is compressed as well as it can be. */
  wireRatioMin: Type.Number({ minimum: 0 }),
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
  wireRatioMin: 0.6,
  blackoutMs: 80,
  lastSendMs: 20,
  diskBytesPerSecond: null,
  // Between a file system of programs and one of pictures.
  diskWireRatio: 0.7,
};

/** A figure of nothing at all, such as no blackout beside sending, is still a figure. */
const smallest = 1e-3;
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
    const uncompressed = { wireRatio: 1, wireRatioMin: 1, diskWireRatio: 1 };
    return performance === "compression" ? usual : { ...usual, ...uncompressed };
  }
  const rates = moves.flatMap((record) => {
    const copyingMs = durationOf(record, "memory-precopy");
    return copyingMs > 0 && record.guestBytes > 0 ? [(record.guestBytes * 1000) / copyingMs] : [];
  });
  const ratios = moves.flatMap(({ guestBytes, diskBytes, wireBytes }) =>
    guestBytes > 0 && diskBytes === 0 ? [wireBytes / guestBytes] : [],
  );
  const blackouts = moves.flatMap(({ blackout, memoryComparison }) =>
    blackout === null ? [] : [withoutComparing(blackout, memoryComparison?.tookMs ?? 0)],
  );
  return {
    moves: moves.length,
    fixedMs: middle(moves.map(fixedMs)) ?? usual.fixedMs,
    guestBytesPerSecond: middle(rates) ?? null,
    wireRatio: middle(ratios) ?? usual.wireRatio,
    wireRatioMin: ratios.length === 0 ? usual.wireRatioMin : Math.min(...ratios),
    blackoutMs: middle(blackouts.map(withoutSending)) ?? usual.blackoutMs,
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

/**
 * Moves of two hosts taken together, of `theirs` as many as are missing to `movesMax`: between the same two machines both
 * directions cost much the same, and a few moves say more together.
 */
export function joinedMoves(own: PastMoves, theirs: PastMoves): PastMoves {
  const others = Math.min(theirs.moves, movesMax - own.moves);
  if (others <= 0) return own;
  if (own.moves === 0) return theirs;
  const both = (one: number, other: number) =>
    middleOf([
      { value: one, weight: own.moves },
      { value: other, weight: others },
    ]);
  const known = (one: number | null, other: number | null) =>
    one === null || other === null ? (one ?? other) : both(one, other);
  return {
    moves: own.moves + others,
    fixedMs: both(own.fixedMs, theirs.fixedMs),
    guestBytesPerSecond: known(own.guestBytesPerSecond, theirs.guestBytesPerSecond),
    wireRatio: both(own.wireRatio, theirs.wireRatio),
    wireRatioMin: Math.min(own.wireRatioMin, theirs.wireRatioMin),
    blackoutMs: both(own.blackoutMs, theirs.blackoutMs),
    lastSendMs: Math.min(own.lastSendMs, theirs.lastSendMs),
    diskBytesPerSecond: known(own.diskBytesPerSecond, theirs.diskBytesPerSecond),
    // Of which of both the usual value is, is not said: the host's own stands where it has copied any.
    diskWireRatio: own.diskBytesPerSecond === null ? theirs.diskWireRatio : own.diskWireRatio,
  };
}

function withoutSending({ totalMs, disksMs, sendMs }: BlackoutRecord): number {
  return Math.max(0, totalMs - disksMs - sendMs);
}

/** Which only those have that ask for it. */
function withoutComparing(blackout: BlackoutRecord, tookMs: number): BlackoutRecord {
  return { ...blackout, totalMs: Math.max(0, blackout.totalMs - tookMs) };
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
    diskBytesPerSecond: middle(copied.map(({ rate }) => rate)) ?? null,
    diskWireRatio: middle(copied.map(({ ratio }) => ratio)) ?? usualRatio,
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

function middle(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  return middleOf(values.map((value) => ({ value, weight: 1 })));
}

/** The geometric mean: moves differ by factors, and of all figures this one is off by the least factor. */
function middleOf(values: readonly { readonly value: number; readonly weight: number }[]): number {
  const weights = values.reduce((sum, { weight }) => sum + weight, 0);
  const logs = values.reduce((sum, { value, weight }) => {
    return sum + weight * Math.log(Math.max(value, smallest));
  }, 0);
  return Number(Math.exp(logs / weights).toPrecision(6));
}
