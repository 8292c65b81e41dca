/**
 * Resume (Hyper-V's stage 5): the source says *take*, again and again until it is answered; the target writes *owner* into
 * its journal and only then lets the guest run. There is no undo: the VM belongs to the target.
 */
import { wallClockMs } from "../../base/clock.ts";
import { errorChain, FerryError } from "../../base/errors.ts";
import { queryMemory } from "../../qemu/migration.ts";
import { awaitTake } from "../await-take.ts";
import { splitBlackout } from "../blackout.ts";
import { statsOverRdma } from "../progress.ts";
import { nothingToUndo, type SourceMove, type Stage, type TargetMove } from "../stage.ts";
import { takeOwnership } from "../take-ownership.ts";
import { writeDown } from "../write-down.ts";
import { watchOf } from "./modified-pages.ts";
import { sessionOf } from "../past-setup.ts";

export const resume: Stage = {
  name: "resume",

  source: {
    async run(move) {
      const session = sessionOf(move);
      try {
        session.send({ type: "take", generation: move.generation + 1 });
        await move.faults.reach("source:resume:inside");
        await session.receive("taken", { timeoutMs: move.limits.blackoutTimeoutMs });
      } catch (error) {
        throw inDoubt(move, error);
      }
      const durable = (): void => {
        move.taken = true;
      };
      const generation = move.generation + 1;
      await writeDown(move, "source", { kind: "taken", generation }, { durable });
      await recordBlackout(move);
    },
    undo: nothingToUndo,
  },

  target: {
    async run(move) {
      await awaitTake(move);
      const resumeMs = await take(move);
      move.taken();
      try {
        move.session.send({ type: "taken", generation: move.generation + 1, resumeMs });
      } catch (error) {
        move.log.warn(
          { reason: errorChain(error) },
          "the source learns later that the VM runs here",
        );
      }
    },
    undo: nothingToUndo,
  },
};

async function take(move: TargetMove): Promise<number> {
  try {
    return await takeOwnership(move, () => {
      move.owner = true;
    });
  } catch (cause) {
    if (move.owner) throw cause;
    throw new FerryError(
      "migration-unresolved",
      `Cannot take VM "${move.definition.name}": it was given to this host, whose journal refused the record`,
      {
        remedy: "Mend the state directory's disk and restart the agent: it takes the VM then",
        cause,
      },
    );
  }
}

/** From here on recovery-run.ts says *take* over the peer API, for as long as it takes. */
function inDoubt({ definition, peer }: SourceMove, cause: unknown): FerryError {
  return new FerryError(
    "migration-unresolved",
    `VM "${definition.name}" was handed over, and host "${peer}" has not said that it knows`,
    {
      remedy: "It is told again until it answers; docs/recovery.md says what else there is",
      cause,
    },
  );
}

async function recordBlackout(move: SourceMove): Promise<void> {
  const takenAt = wallClockMs();
  const watch = watchOf(move);
  const { stoppedAt, loadedAt } = watch;
  watch[Symbol.dispose]();
  if (stoppedAt === undefined || loadedAt === undefined || move.handedOverAt === undefined) return;
  const memory = await queryMemory(move.process.qmp).catch(() => undefined);
  const carried = await sessionOf(move)
    .stats()
    .catch(() => undefined);
  const isPast = move.overRdma && carried !== undefined && memory !== undefined;
  const stats = isPast ? statsOverRdma(carried, memory) : carried;
  if (stats?.memory) move.log.info({ memory: stats.memory }, "memory crossed page by page");
  const isCompressed = move.channels > 0;
  if (isCompressed)
    move.log.info({ channels: move.channels }, "memory crossed as QEMU compressed it");
  const lastByteAt = stats?.streams["memory"]?.lastAcceptedAt ?? loadedAt;
  const roundTripMs = stats?.roundTripMs ?? 0;
  const continuedAt = watch.continuedAt ?? stoppedAt;
  const moments = {
    stoppedAt,
    continuedAt,
    lastByteAt,
    loadedAt,
    handedOverAt: move.handedOverAt,
    takenAt,
    roundTripMs,
  };
  move.record.blackout(splitBlackout(moments, memory?.downtimeMs ?? null));
  move.record.figures({
    guestBytes:
      (isCompressed ? memory?.plainBytes : undefined) ??
      stats?.memory?.bytesIn ??
      stats?.streams["memory"]?.acceptedBytes ??
      (move.overRdma ? memory?.transferredBytes : undefined) ??
      move.record.current.guestBytes,
    wireBytes: stats?.wireBytes ?? move.record.current.wireBytes,
  });
}
