/**
 * Runs the stages of one migration: on each host its halves, in the plan's order, and backwards what has to be undone.
 *
 *   source:  stage … stage | point of no return | stage …        failure before: undo backwards, guest runs here
 *   target:  stage … stage | ready | take | stage …              failure after:  forward only
 *
 * The engine knows nothing of HTTP, of disks or of pages; stages know nothing of each other.
 */
import { errorChain, FerryError } from "../base/errors.ts";
import { setTimeout as wait } from "node:timers/promises";
import type { Session } from "../session/session.ts";
import type { JournalRecord } from "./journal-record.ts";
import type { SourceMove, Stage, TargetMove } from "./stage.ts";
import { writeDown } from "./write-down.ts";

/** The guest may be standing still meanwhile. */
const echoMs = 100;

/**
 * Runs the source's halves. Resolves when the VM runs on the target and nothing is left here.
 * @throws FerryError when the move is off: the guest runs on the source, both hosts are as before, the journal says
 *   *rolled-back*; or `migration-unresolved` after the handover, when the target denies having the VM.
 */
export async function runSource(move: SourceMove, stages: readonly Stage[]): Promise<void> {
  const begun: Stage[] = [];
  try {
    for (const stage of stages) {
      if (stage.applies?.(move) === false) continue;
      begun.push(stage);
      await enter(move, "source", stage);
      await forwardOnly(move, () => stage.source.run(move));
      await forwardOnly(move, () => move.faults.reach(`source:${stage.name}:after`));
    }
  } catch (error) {
    // Handed over, or nobody knows: recovery does.
    if (move.handedOverAt !== undefined || isUnresolved(error)) throw error;
    const cause = await causeOf(move, error);
    const reason = errorChain(cause);
    move.log.warn({ reason, stage: begun.at(-1)?.name }, "the move is taken back");
    await noted(move, "source", { kind: "rolled-back", reason });
    await undo(begun, move, "source");
    throw cause;
  }
}

/**
 * A target that failed says why before it takes anything away; what QEMU then misses here is an echo. The word and the echo
 * come by different ways, so an echo waits a moment for the word.
 */
async function causeOf(move: SourceMove, error: unknown): Promise<unknown> {
  if (move.peerFailure === undefined && FerryError.from(error).code === "qemu-failed") {
    await wait(echoMs);
  }
  return FerryError.from(error).code === "cancelled" ? error : (move.peerFailure ?? error);
}

/** After the handover only an unresolved outcome stops the walk; anything else is logged and left to recovery. */
async function forwardOnly(move: SourceMove, step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    if (move.handedOverAt === undefined || isUnresolved(error)) throw error;
    if (move.stopping.aborted) throw error;
    move.log.error({ reason: errorChain(error) }, "after the handover; going on");
  }
}

/**
 * Runs the target's halves. Resolves when the guest runs here.
 * @throws FerryError when the move is off: the skeleton and everything made for it are gone; or `migration-unresolved`
 *   when the VM was given to this host and could not be taken: it waits, nothing is undone.
 */
export async function runTarget(move: TargetMove, stages: readonly Stage[]): Promise<void> {
  const begun: Stage[] = [];
  try {
    for (const stage of stages) {
      if (stage.applies?.(move) === false) continue;
      begun.push(stage);
      await steadfast(move, () => enter(move, "target", stage));
      await steadfast(move, () => stage.target.run(move));
      await steadfast(move, () => move.faults.reach(`target:${stage.name}:after`, move.signal));
    }
  } catch (error) {
    const known = FerryError.from(error);
    if (move.ready && known.code !== "cancelled") throw error;
    // Before anything is undone: else the source sees its connections break first, and not why.
    if (known.code !== "cancelled" && !move.signal.aborted) tellFailed(move.session, known);
    if (await undo(begun, move, "target")) await noted(move, "target", { kind: "discarded" });
    throw error;
  }
}

function isUnresolved(error: unknown): boolean {
  return error instanceof FerryError && error.code === "migration-unresolved";
}

/**
 * Writes down what is decided already. A journal that cannot take it, its disk being full, must not keep a guest from running: recovery
 * decides the same from the record before.
 */
async function noted(
  move: SourceMove | TargetMove,
  role: "source" | "target",
  record: JournalRecord,
): Promise<void> {
  try {
    await writeDown(move, role, record);
  } catch (error) {
    move.log.error({ reason: errorChain(error), record: record.kind }, "cannot write the journal");
  }
}

/**
 * Once *ready* is durable only the source's word ends the skeleton (`cancelled`): whatever else fails is told to the source,
 * which may still roll back, and the walk goes on to where that word is awaited.
 */
async function steadfast(move: TargetMove, step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    const known = FerryError.from(error);
    const final = known.code === "cancelled" || isUnresolved(error);
    if (!move.ready || final || move.stopping.aborted) throw error;
    move.log.error({ reason: errorChain(error) }, "after ready; waiting for the source's word");
    if (!move.owner) tellFailed(move.session, known);
  }
}

/** Lets the other side know why; a session that is gone says it by being gone. */
export function tellFailed(session: Session, error: FerryError): void {
  try {
    const { code, message, remedy } = error;
    session.send({ type: "failed", code, message, ...(remedy === undefined ? {} : { remedy }) });
  } catch {
    // Nobody is there to be told.
  }
}

async function enter(
  move: SourceMove | TargetMove,
  role: "source" | "target",
  stage: Stage,
): Promise<void> {
  if (move.record.current.cancellable) move.signal.throwIfAborted();
  move.record.stageBegun(stage.name);
  move.log.info({ stage: stage.name, role }, "stage begins");
  await move.faults.reach(`${role}:${stage.name}:before`, move.signal);
}

/** False when something could not be undone: then recovery tries again. */
async function undo<Move extends SourceMove | TargetMove>(
  begun: readonly Stage[],
  move: Move,
  role: "source" | "target",
): Promise<boolean> {
  let whole = true;
  for (const stage of begun.toReversed()) {
    const once = (): Promise<void> =>
      role === "source"
        ? stage.source.undo(move as SourceMove)
        : stage.target.undo(move as TargetMove);
    try {
      await once();
      if (move.faults.repeats(`${role}:${stage.name}:undo ${move.id}`)) await once();
    } catch (error) {
      // The next undo still matters more than this one's failure, which the log keeps.
      move.log.error({ reason: errorChain(error), stage: stage.name }, "cannot undo a stage");
      whole = false;
    }
  }
  return whole;
}
