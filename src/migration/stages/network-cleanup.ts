/**
 * Network cleanup (Hyper-V's stage 6): the switch learns where the MAC addresses are now, and the source's remains are
 * removed. A failure here never touches the guest, which runs; what stays is tried again when the agent starts.
 */
import { setTimeout as settle } from "node:timers/promises";
import { FerryError } from "../../base/errors.ts";
import { announce } from "../../network/announce.ts";
import { sendSerialLog, takeSerialLog } from "../carry-serial-log.ts";
import { madeFiles, removeLeftDisks } from "../moved-files.ts";
import { nothingToUndo, type SourceMove, type Stage } from "../stage.ts";
import type { Session } from "../../session/session.ts";
import { removePartialDisk } from "../../vm/keep-partial.ts";
import { sessionOf, skeletonOf } from "../past-setup.ts";

/** Announcing is a few frames; what takes longer has gone wrong. */
const announceTimeoutMs = 5_000;

export const networkCleanup: Stage = {
  name: "network-cleanup",

  source: {
    async run(move) {
      const session = sessionOf(move);
      try {
        // With post-copy it has done so before the last page.
        if (!move.postCopy) await announced(session);
        // While the network settles it crosses.
        sendSerialLog(move);
        await settle(move.limits.settleMs);
        await move.faults.reach("source:network-cleanup:inside");
      } finally {
        // N.B. the session closes however removing ends.
        await Promise.all([removeRemains(move), session.close()]);
      }
    },
    undo: nothingToUndo,
  },

  target: {
    async run(move) {
      const serialLog = takeSerialLog(move);
      if (!move.postCopy) {
        await announce(move.definition, skeletonOf(move), move.switches, move.log);
        move.session.send({ type: "announced" });
      }
      await move.faults.reach("target:network-cleanup:inside");
      await move.vms.releaseRoom(madeFiles(move));
      const { pools } = move.vms;
      for (const partial of pools.partialDisks.list(move.definition.id)) {
        await removePartialDisk(pools, partial);
      }
      await serialLog;
    },
    undo: nothingToUndo,
  },
};

async function removeRemains(move: SourceMove): Promise<void> {
  await move.vms.removeAfterHandover(move.definition.id);
  if (move.taken) await removeLeftDisks({ ...move, vm: move.definition.id });
}

/** Nothing here depends on it: a target that can't be heard announces when it is back. */
async function announced(session: Session): Promise<void> {
  const lost = Promise.withResolvers<never>();
  const detach = session.on("link-lost", (reason) =>
    lost.reject(
      new FerryError("unreachable", `The target was lost before it announced the VM: ${reason}`),
    ),
  );
  try {
    const heard = session.receive("announced", { timeoutMs: announceTimeoutMs });
    await Promise.race([heard, lost.promise]);
  } finally {
    detach();
  }
}
