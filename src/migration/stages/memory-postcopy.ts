/**
 * Memory post-copy, only where the policy or an administrator chose it: the guest runs on the target, and the pages it misses
 * follow, those it asks for first. The switch is told at once where the guest is: it would be unreachable meanwhile.
 * Nothing is undone here: both hosts are needed until the last page has arrived (docs/decisions/0031).
 */
import { FerryError } from "../../base/errors.ts";
import { announce } from "../../network/announce.ts";
import { pagesArrived } from "../post-copy-target.ts";
import { type PostCopySource, sendMissingPages } from "../post-copy-source.ts";
import { nothingToUndo, type Stage } from "../stage.ts";
import { skeletonOf } from "../past-setup.ts";

export const memoryPostcopy: Stage = {
  name: "memory-postcopy",
  applies: (move) => move.postCopy,

  source: {
    async run(move) {
      const { id, definition, generation, peer, process, peers, limits, log, stopping } = move;
      const source: PostCopySource = {
        ...{ id, vm: definition, generation, peer, process, peers, limits, log, stopping },
        session: move.session,
        progress: (progress) => move.record.progress(progress),
        waiting: (reason) => move.record.waiting(reason),
      };
      // The guest runs: a link that is lost has time to come back again.
      move.session?.limitOutage(limits.outageMsMax);
      try {
        await move.faults.reach("source:memory-postcopy:inside");
        await sendMissingPages(source);
      } catch (cause) {
        if (move.stopping.aborted) throw cause;
        // Not to go on: what comes next removes this QEMU, and with it the only copy of pages that the guest misses.
        throw pagesMissing(definition.name, peer, cause);
      } finally {
        move.session = source.session;
      }
    },
    undo: nothingToUndo,
  },

  target: {
    async run(move) {
      const process = skeletonOf(move);
      move.session.limitOutage(move.limits.outageMsMax);
      await announce(move.definition, process, move.switches, move.log);
      await move.faults.reach("target:memory-postcopy:inside");
      await pagesArrived(process.qmp, move.stopping);
    },
    undo: nothingToUndo,
  },
};

function pagesMissing(vm: string, target: string, cause: unknown): FerryError {
  return new FerryError(
    "migration-unresolved",
    `Cannot bring VM "${vm}" across: it runs on "${target}" and misses pages that its source cannot send`,
    {
      remedy: `Restart the agents of both hosts; when QEMU is gone on one of them, power the VM off on "${target}" and start it anew`,
      cause,
    },
  );
}
