/** The blackout split into its parts. Pure. */
import type { BlackoutRecord } from "./blackout-record.ts";

/** Moments of a switch-over on the source's clock, milliseconds since the epoch. */
export interface BlackoutMoments {
  readonly stoppedAt: number;
  /** QEMU was told to go on after it stopped the guest; `stoppedAt` where it did not wait for that. */
  readonly continuedAt: number;
  /** QEMU's last byte was taken by the session. */
  readonly lastByteAt: number;
  readonly loadedAt: number;
  readonly handedOverAt: number;
  /** The word that the guest runs arrived here. */
  readonly takenAt: number;
  readonly roundTripMs: number;
}

/** Each part lasts until the moment it is named after; none is negative whatever the clocks say. */
export function splitBlackout(
  moments: BlackoutMoments,
  qemuDowntimeMs: number | null,
): BlackoutRecord {
  const continuedAt = Math.min(Math.max(moments.continuedAt, moments.stoppedAt), moments.loadedAt);
  const lastByteAt = Math.min(Math.max(moments.lastByteAt, continuedAt), moments.loadedAt);
  // The word travels half a round trip while the guest runs already.
  const runsAt = Math.max(moments.takenAt - moments.roundTripMs / 2, moments.handedOverAt);
  const part = (from: number, to: number): number => Math.max(0, round(to - from));
  const parts = {
    disksMs: part(moments.stoppedAt, continuedAt),
    sendMs: part(continuedAt, lastByteAt),
    loadMs: part(lastByteAt, moments.loadedAt),
    handoverMs: part(moments.loadedAt, moments.handedOverAt),
    resumeMs: part(moments.handedOverAt, runsAt),
  };
  const totalMs = round(Object.values(parts).reduce((sum, ms) => sum + ms, 0));
  return { totalMs, ...parts, qemuDowntimeMs };
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
