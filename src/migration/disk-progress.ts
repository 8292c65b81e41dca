/** What a watcher sees of a disk that is copied, from QEMU's figures. Pure. */
import type { SessionStats } from "../session/session.ts";
import type { MirrorStatus } from "../qemu/mirror.ts";
import type { Progress } from "./progress-snapshot.ts";
import type { DiskRecord } from "./record.ts";

/** How many bytes were copied when, milliseconds since the epoch. */
export interface DiskSample {
  readonly at: number;
  readonly bytes: number;
}

/** A rate over less time jumps about; over more it is late. */
const rateWindowMs = 3_000;
/** Copying disks fills the bar to here at most; memory and the switch-over are the rest. */
const percentMirrorMax = 90;

/** The latest samples, oldest first, as many as the rate is taken from. */
export function withSample(samples: readonly DiskSample[], sample: DiskSample): DiskSample[] {
  const since = sample.at - rateWindowMs;
  // One older than the window stays, so that the window is always spanned.
  const from = samples.findLastIndex(({ at }) => at <= since);
  return [...samples.slice(Math.max(0, from)), sample];
}

export function toDiskRecord(
  before: DiskRecord,
  mirror: MirrorStatus,
  samples: readonly DiskSample[],
): DiskRecord {
  const { copiedBytes } = mirror;
  const firstCopy =
    before.state === "mirrored" ? before.copiedBytes - before.mirroredBytes : copiedBytes;
  const rate = rateOf(samples);
  // QEMU knows the total once it has found which parts of the disk hold anything.
  const totalBytes = mirror.totalBytes > 0 ? mirror.totalBytes : before.totalBytes;
  const remaining = Math.max(0, totalBytes - copiedBytes);
  return {
    ...before,
    state: mirror.ready ? "mirrored" : "copying",
    copiedBytes,
    totalBytes,
    mirroredBytes: Math.max(0, copiedBytes - firstCopy),
    rateBytesPerSecond: rate,
    remainingMs: mirror.ready ? 0 : rate === 0 ? null : Math.round((remaining / rate) * 1000),
  };
}

/** The move's own progress while disks are copied; memory, which follows, counts as not begun. */
export function toMirrorProgress(
  disks: readonly DiskRecord[],
  memoryMib: number,
  { wireBytes, networks }: Pick<SessionStats, "wireBytes" | "networks">,
  at: number,
): Progress {
  const sum = (figure: (disk: DiskRecord) => number): number =>
    disks.reduce((total, disk) => total + figure(disk), 0);
  const copied = sum((disk) => disk.copiedBytes);
  const remaining = sum((disk) => Math.max(0, disk.totalBytes - disk.copiedBytes));
  const rate = sum((disk) => disk.rateBytesPerSecond);
  const share = copied / Math.max(1, copied + remaining + memoryMib * 1024 * 1024);
  return {
    at,
    round: 0,
    totalBytes: copied + remaining,
    transferredBytes: copied,
    remainingBytes: remaining,
    percent: Math.floor(share * percentMirrorMax),
    rateBytesPerSecond: rate,
    dirtyBytesPerSecond: 0,
    expectedBlackoutMs: null,
    remainingMs: rate === 0 ? null : Math.round((remaining / rate) * 1000),
    remainingMsUncertainty: null,
    wireBytes,
    networks: [...networks],
    throttlePercent: 0,
  };
}

function rateOf(samples: readonly DiskSample[]): number {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.at <= first.at) return 0;
  return Math.max(0, Math.round(((last.bytes - first.bytes) / (last.at - first.at)) * 1000));
}
