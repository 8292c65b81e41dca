/** The points of a move's charts: what was seen live, else what its rounds tell. Pure. */
import type { RoundRecord } from "../../../src/migration/record.ts";
import type { ProgressPoint } from "../live/history.ts";

export interface CoursePoint {
  readonly at: number;
  readonly remainingBytes: number | null;
  readonly linkBytesPerSecond: number | null;
  readonly dirtyBytesPerSecond: number | null;
  readonly guestBytes: number | null;
  readonly wireBytes: number | null;
  readonly copiedDiskBytes: number | null;
}

export function coursePoints(
  seen: readonly ProgressPoint[],
  rounds: readonly RoundRecord[],
): readonly CoursePoint[] {
  if (seen.length > 1) {
    return seen.map(({ rateBytesPerSecond, ...point }) => ({
      ...point,
      linkBytesPerSecond: rateBytesPerSecond,
    }));
  }
  let guestBytes = 0;
  return rounds.map((round) => {
    guestBytes += round.bytesSent;
    return {
      at: round.startedAt + round.durationMs,
      remainingBytes: round.remainingBytes,
      linkBytesPerSecond: round.linkBytesPerSecond,
      dirtyBytesPerSecond: round.dirtyBytesPerSecond,
      guestBytes,
      wireBytes: null,
      copiedDiskBytes: null,
    };
  });
}
