/**
 * Network cleanup (Hyper-V's stage 6): the switch learns where the MAC addresses are now, and the source's remains are
 * removed. A failure here never touches the guest, which runs; what stays is tried again when the agent starts.
 */
import { announce } from "../../network/announce.ts";
import { removeLeftDisks } from "../moved-files.ts";
import { filesOfDisks } from "../placed-definition.ts";
import { nothingToUndo, type Stage } from "../stage.ts";
import { sessionOf, skeletonOf } from "./setup.ts";

export const networkCleanup: Stage = {
  name: "network-cleanup",

  source: {
    async run(move) {
      const session = sessionOf(move);
      try {
        await session.receive("announced", { timeoutMs: move.limits.setupTimeoutMs });
      } finally {
        await move.vms.removeAfterHandover(move.definition.id);
        if (move.taken) await removeLeftDisks({ ...move, vm: move.definition.id });
        await session.close();
      }
    },
    undo: nothingToUndo,
  },

  target: {
    async run(move) {
      await announce(move.definition, skeletonOf(move), move.switches, move.log);
      move.session.send({ type: "announced" });
      await move.vms.releaseRoom(filesOfDisks(move.definition, move.disks));
    },
    undo: nothingToUndo,
  },
};
