/**
 * Modified pages (Hyper-V's stage 3): the guest stands still while QEMU sends the last modified pages, CPU and device
 * state, and the target loads them. From here on the move can't be cancelled; it still rolls back by itself when something
 * fails.
 */
import { FerryError } from "../../base/errors.ts";
import { waitForStatus } from "../../qemu/migration.ts";
import { stepMsMax } from "../limits.ts";
import { devicesLoaded } from "../post-copy-target.ts";
import { settleDisksOnSource, settleDisksOnTarget } from "../settle-disks.ts";
import { nothingToUndo, type SourceMove, type Stage } from "../stage.ts";
import type { SwitchoverWatch } from "../switchover-watch.ts";
import { sessionOf, skeletonOf } from "../past-setup.ts";

export const modifiedPages: Stage = {
  name: "modified-pages",

  source: {
    async run(move) {
      const { blackoutMsAllowed } = move;
      // What is left is little, and the guest waits for it.
      sessionOf(move).limit("memory", 0);
      sessionOf(move).limitOutage(move.limits.blackoutOutageMsMax);
      move.postCopy = move.postCopyAsked && (await switchedToPostCopy(move));
      const { wireBytes, wirePeakBytesPerSecond } = move.record.current;
      sessionOf(move).send({
        ...{ type: "stopped", blackoutMsAllowed, postCopy: move.postCopy, wireBytes },
        ...(wirePeakBytesPerSecond !== undefined && { wirePeakBytesPerSecond }),
      });
      await move.faults.reach("source:modified-pages:inside");
      if (move.disks.length > 0) await settleDisksOnSource(move);
      // QEMU's word comes with the last page then; the target's agent says *ready* when its devices are loaded.
      if (move.postCopy) return;
      // The target's QEMU says on the return path that it has everything; the session holds that word back from ours.
      await watchOf(move).loaded(blackoutMsAllowed + stepMsMax(move.limits));
    },
    undo: nothingToUndo, // memory-precopy's undo puts the guest back to work
  },

  target: {
    async run(move) {
      move.session.limitOutage(move.limits.blackoutOutageMsMax);
      await move.faults.reach("target:modified-pages:inside");
      if (move.disks.length > 0) await settleDisksOnTarget(move);
      const timeoutMs = move.blackoutMsAllowed + stepMsMax(move.limits);
      const { qmp } = skeletonOf(move);
      if (move.postCopy) return await devicesLoaded(qmp, timeoutMs, move.signal);
      await waitForStatus(qmp, ["completed"], { timeoutMs, signal: move.signal });
    },
    undo: nothingToUndo,
  },
};

/**
 * The rest may have fitted the blackout just before QEMU was told: then it switches over as always. Both ways begin with the
 * same status (`device` since QEMU 10), so only what comes after it tells them apart.
 */
async function switchedToPostCopy(move: SourceMove): Promise<boolean> {
  const timeoutMs = move.blackoutMsAllowed + stepMsMax(move.limits);
  const known = new AbortController();
  try {
    return await Promise.race([
      waitForStatus(move.process.qmp, ["postcopy-active"], {
        timeoutMs,
        signal: known.signal,
      }).then(() => true),
      watchOf(move)
        .loaded(timeoutMs)
        .then(() => false),
    ]);
  } finally {
    known.abort();
  }
}

export function watchOf(move: SourceMove): SwitchoverWatch {
  if (move.watch === undefined)
    throw new FerryError("internal", "Cannot go on: nothing is watched");
  return move.watch;
}
