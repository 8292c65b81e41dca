/** Follows the mirrors of a move until every disk is synchronized, and tells the record how far each is. */
import { wallClockMs } from "../base/clock.ts";
import { limitMirror, makeSynchronous, type MirrorStatus, queryMirrors } from "../qemu/mirror.ts";
import { type DiskSample, toDiskRecord, toMirrorProgress, withSample } from "./disk-progress.ts";
import { type MirrorPass, nextPass } from "./mirror-pace.ts";
import type { MirrorWatch } from "./mirror-watch.ts";
import type { SourceMove } from "./stage.ts";
import { sessionOf } from "./stages/setup.ts";

/** Between two looks at the mirrors: often enough for a person, and no load for QEMU. */
const copyingPollMs = 200;
/** Between ready and synchronous lie the writes that were under way; no event tells of their end. */
const readyPollMs = 10;

/** The job and the node of the mirror of the disk at this place in `move.disks`. */
export function mirrorId(index: number): string {
  return `mirror${index}`;
}

/** What one of `copying` mirrors may use of the move's limit, bytes per second; 0: no limit. */
export function mirrorShare(move: SourceMove, copying: number): number {
  const limit = move.limits.storageBytesPerSecond;
  return limit === 0 ? 0 : Math.max(1, Math.floor(limit / Math.max(1, copying)));
}

/** Resolves when every write of the guest goes to both disks of every mirror. */
export async function followMirrors(move: SourceMove, watch: MirrorWatch): Promise<void> {
  const { qmp } = move.process;
  const samples = new Map<string, readonly DiskSample[]>();
  const changed = new Set<string>();
  const passes = new Map<string, MirrorPass>();
  let limit = move.limits.storageBytesPerSecond;
  for (;;) {
    const mirrors = await noteMirrors(move, samples);
    await noteProgress(move);
    // The host's limit may change while disks are copied: by an administrator's word, or with the time of day.
    if (limit !== move.limits.storageBytesPerSecond) {
      limit = move.limits.storageBytesPerSecond;
      await shareLimit(move, mirrors);
    }
    for (const mirror of mirrors) {
      const { id, ready } = mirror;
      if (changed.has(id) || !(ready || isOutrun(move, passes, mirror))) continue;
      changed.add(id);
      await makeSynchronous(qmp, id);
      await shareLimit(move, mirrors);
      move.log.info({ disk: diskOf(move, id), ready }, "writes are mirrored from now on");
    }
    // A mirror that failed is not there any more: the pause says why.
    const done = move.disks.every((_, index) =>
      mirrors.some(({ id, synchronous }) => id === mirrorId(index) && synchronous),
    );
    if (done) return;
    const copying = mirrors.some(({ ready }) => !ready);
    await watch.pause(copying ? copyingPollMs : readyPollMs, move.signal);
  }
}

/** A guest that makes more to copy than is copied has to wait for the copy: from then on it ends, however slow the link. */
function isOutrun(
  move: SourceMove,
  passes: Map<string, MirrorPass>,
  mirror: MirrorStatus,
): boolean {
  const pass = nextPass(passes.get(mirror.id), mirror);
  if (pass === undefined) return false;
  if (pass !== "outrun") {
    passes.set(mirror.id, pass);
    return false;
  }
  move.log.warn(
    { disk: diskOf(move, mirror.id), copied: mirror.copiedBytes, total: mirror.totalBytes },
    "the guest writes faster than its disk is copied; its writes wait for the copy from now on",
  );
  return true;
}

/** Asks QEMU how far the mirrors are and writes it into the record. */
async function noteMirrors(
  move: SourceMove,
  samples: Map<string, readonly DiskSample[]>,
): Promise<MirrorStatus[]> {
  const mirrors = await queryMirrors(move.process.qmp);
  const at = wallClockMs();
  const disks = move.record.current.disks.map((disk) => {
    const mirror = mirrors.find(({ id }) => diskOf(move, id) === disk.name);
    if (mirror === undefined) return disk;
    const latest = withSample(samples.get(mirror.id) ?? [], { at, bytes: mirror.copiedBytes });
    samples.set(mirror.id, latest);
    return toDiskRecord(disk, mirror, latest);
  });
  move.record.disks(disks);
  return mirrors;
}

async function noteProgress(move: SourceMove): Promise<void> {
  const { wireBytes } = await sessionOf(move).stats();
  const { disks } = move.record.current;
  const memoryMib = move.definition.memory.mib;
  move.record.progress(toMirrorProgress(disks, memoryMib, wireBytes, wallClockMs()));
}

/** What a disk that is copied no longer needs goes to those that are. */
async function shareLimit(move: SourceMove, mirrors: readonly MirrorStatus[]): Promise<void> {
  const copying = mirrors.filter(({ ready }) => !ready);
  const share = mirrorShare(move, copying.length);
  for (const { id } of copying) await limitMirror(move.process.qmp, id, share);
}

function diskOf(move: SourceMove, id: string): string | undefined {
  return move.disks.find((_, index) => mirrorId(index) === id);
}
