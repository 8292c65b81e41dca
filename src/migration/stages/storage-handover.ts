/**
 * Storage handover (Hyper-V's stage 4): the disks are released on the source and taken on the target, and ownership
 * changes hands. The line that writes *handed-over* into the source's journal is THE POINT OF NO RETURN: before it every
 * failure ends with the guest on the source, after it nothing resumes the source.
 *
 * The order, and the crash each step guards against:
 *   1. target: disks active, so that a lock that can't be had still rolls back; those that moved with the VM durable too,
 *      since the source told the guest that they are;
 *   2. target: *ready(g+1)* durable, so that a *take* can be honoured after any crash there;
 *   3. source: the withheld SHUT goes to QEMU, which ends in `postmigrate`: from now on only an agent can let this copy
 *      run, where before a dying agent made QEMU resume it by itself (docs/decisions/0010);
 *   4. source: *handed-over(g+1)* durable.
 */
import { wallClockMs } from "../../base/clock.ts";
import { FerryError } from "../../base/errors.ts";
import { flushDisks } from "../../qemu/disk-export.ts";
import { activateDisks, waitForStatus } from "../../qemu/migration.ts";
import type { Session } from "../../session/session.ts";
import { markHandedOver } from "../../vm/registry.ts";
import { writeDown } from "../write-down.ts";
import { answerDigests, compareMemory } from "../compare-memory.ts";
import { comparisonWords } from "../comparison-words.ts";
import { stepMsMax } from "../limits.ts";
import { nothingToUndo, type SourceMove, type Stage } from "../stage.ts";
import { sessionOf, skeletonOf } from "../past-setup.ts";

/** From the comparison's end until the guest runs: two journal records and a round trip. */
const comparedToResumedMs = 20;
const unequalRemedy =
  "The VM goes on where it was; under TCG a QEMU before 9.0 loses changes (docs/decisions/0008): upgrade it on the source";

export const storageHandover: Stage = {
  name: "storage-handover",

  source: {
    async run(move) {
      const session = sessionOf(move);
      if (move.postCopy) await awaitDevices(move, session);
      else await endStream(move, session);
      await move.faults.reach("source:storage-handover:inside");

      const generation = move.generation + 1;
      const vm = move.definition.id;
      const mayLeave = move.record.current.options.leaveCluster === true;
      await move.owners.swap({ vm, from: move.host, to: move.peer, generation, mayLeave });
      await writeDown(
        move,
        "source",
        { kind: "handed-over", generation },
        {
          together: (database) => markHandedOver(database, vm, generation),
          // ---- the point of no return ----
          durable: () => {
            move.handedOverAt = wallClockMs();
          },
        },
      );
      move.vms.refresh(vm);
    },
    undo: nothingToUndo, // memory-precopy's undo puts the guest back to work
  },

  target: {
    async run(move) {
      const { qmp } = skeletonOf(move);
      await activateDisks(qmp);
      if (move.disks.length > 0) await flushDisks(qmp);
      await move.faults.reach("target:storage-handover:inside");
      const generation = move.generation + 1;
      const durable = (): void => {
        move.ready = true;
      };
      await writeDown(move, "target", { kind: "ready", generation }, { durable });
      answerDigests(move);
      move.session.send({ type: "ready", generation });
    },
    undo: nothingToUndo,
  },
};

async function endStream(move: SourceMove, session: Session): Promise<void> {
  const timeoutMs = move.limits.blackoutTimeoutMs;
  await session.receive("ready", { timeoutMs: stepMsMax(move.limits) });
  if (move.record.current.options.verifyMemory === true) await requireSameMemory(move);
  // Over RDMA that word went to QEMU by itself, and nobody can keep it back (docs/decisions/0162).
  if (!move.overRdma) await session.releaseReturnPath();
  await waitForStatus(move.process.qmp, ["completed"], { timeoutMs });
}

/**
 * Post-copy: the stream goes on behind the handover, and QEMU keeps this guest stopped whatever becomes of its socket. Until
 * the handover it can still be taken back (src/qemu/end-post-copy.ts); from then on both hosts are needed until the last page.
 */
async function awaitDevices(move: SourceMove, session: Session): Promise<void> {
  const { blackoutMsAllowed, limits, watch } = move;
  await session.receive("ready", { timeoutMs: blackoutMsAllowed + stepMsMax(limits) });
  if (watch !== undefined) watch.loadedAt ??= wallClockMs();
}

/**
 * Before the point of no return a difference is only a move that did not happen. What the blackout has no time for is not
 * compared, and the record says so.
 */
async function requireSameMemory(move: SourceMove): Promise<void> {
  const { differingPages, ...memoryComparison } = await compareMemory(move, msToCompare(move));
  const isKnown = memoryComparison.isWhole || differingPages > 0;
  move.record.figures({ memoryComparison, ...(isKnown && { differingPages }) });
  if (!isKnown) move.log.warn({ memoryComparison }, "comparing memory would not fit the blackout");
  if (differingPages === 0) return;
  const found = comparisonWords(move.record.current);
  throw new FerryError(
    "migration-failed",
    `Cannot hand VM "${move.definition.name}" over: ${found} on the target, none may`,
    { remedy: unequalRemedy },
  );
}

/** Of the blackout that is allowed; a guest that was paused all along misses nothing. */
function msToCompare({ run, watch, blackoutMsAllowed }: SourceMove): number {
  if (!run || watch?.stoppedAt === undefined) return Number.POSITIVE_INFINITY;
  return blackoutMsAllowed - (wallClockMs() - watch.stoppedAt) - comparedToResumedMs;
}
