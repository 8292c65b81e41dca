/** Follows the mirrors of a move until every disk is synchronized, and tells the record how far each is. */
import { wallClockMs } from "../base/clock.ts";
import { makeSynchronous, type MirrorStatus } from "../qemu/mirror.ts";
import { toMirrorProgress } from "./disk-progress.ts";
import { type DisksFollowed, mirrorId } from "./disks-followed.ts";
import { type MirrorPass, nextPass } from "./mirror-pace.ts";
import type { MirrorWatch } from "./mirror-watch.ts";
import { applyStorageLimit } from "./storage-limit.ts";
import type { SourceMove } from "./stage.ts";
import { sessionOf } from "./past-setup.ts";

/** Between two looks at the mirrors: often enough for a person, and no load for QEMU. */
const copyingPollMs = 200;
/** Between ready and synchronous lie the writes that were under way; no event tells of their end. */
const readyPollMs = 10;

/** Resolves when every write of the guest goes to both disks of every mirror. */
export async function followMirrors(
  move: SourceMove,
  watch: MirrorWatch,
  followed: DisksFollowed,
): Promise<void> {
  const { qmp } = move.process;
  const changed = new Set<string>();
  const passes = new Map<string, MirrorPass>();
  for (;;) {
    const mirrors = await followed.look();
    await noteProgress(move);
    applyStorageLimit(move);
    for (const mirror of mirrors) {
      const { id, ready } = mirror;
      if (changed.has(id) || !(ready || isOutrun(move, passes, mirror))) continue;
      changed.add(id);
      await makeSynchronous(qmp, id);
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

async function noteProgress(move: SourceMove): Promise<void> {
  const carried = await sessionOf(move).stats();
  const { disks } = move.record.current;
  const memoryMib = move.definition.memory.mib;
  move.record.progress(toMirrorProgress(disks, memoryMib, carried, wallClockMs()));
}

function diskOf(move: SourceMove, id: string): string | undefined {
  return move.disks.find((_, index) => mirrorId(index) === id);
}
