/** A migration that comes to this host: the target's side from the opened session to the end of its record. */
import { errorChain, FerryError } from "../base/errors.ts";
import type { Session } from "../session/session.ts";
import { runTarget } from "./engine.ts";
import { standingOf } from "./journal-record.ts";
import type { SessionRequest } from "./peer-link.ts";
import type { RunningMigrations } from "./running.ts";
import type { SourceWord, TargetMove } from "./stage.ts";
import { stages } from "./stages/all.ts";
import { writeDown } from "./write-down.ts";

/**
 * A source with a proven identity opened `session` for a move to this host: goes on in the background.
 * @throws FerryError `busy` when that migration is known already.
 */
export function acceptIncoming(
  migrations: RunningMigrations,
  request: SessionRequest,
  peer: string,
  session: Session,
): void {
  const id = request.migrationId;
  const log = migrations.parts.log.child({ migration: id });
  if (migrations.get(id) !== undefined || migrations.journal.of(id).length > 0) {
    throw new FerryError("busy", `Cannot accept migration "${id}": it is known here already`);
  }
  begin(migrations, request, peer, session).catch(async (error: unknown) => {
    log.error({ reason: errorChain(error) }, "cannot accept a migration");
    await session.close("The target could not accept the migration");
    const begun = migrations.journal.of(id).length > 0;
    if (begun && migrations.get(id) === undefined) await migrations.settle(id);
  });
}

async function begin(
  migrations: RunningMigrations,
  request: SessionRequest,
  peer: string,
  session: Session,
): Promise<void> {
  const { parts, journal } = migrations;
  const id = request.migrationId;
  const timeoutMs = parts.limits.setupTimeoutMs;
  const prepare = await session.receive("prepare", { timeoutMs });
  const { definition, generation, run, disks, files, keepPartial = false, passage } = prepare;
  await writeDown({ id, journal, faults: parts.faults }, "target", {
    kind: "accepted",
    vm: definition.id,
    peer,
    generation,
    run,
    ...(passage && { passage }),
  });
  const record = migrations.newKeeper({
    ...{ id, vm: definition, role: "target", source: peer, target: parts.host },
    ...{ requestedBy: `host ${peer}`, options: {} },
  });
  const cancel = new AbortController();
  const sourceWord = Promise.withResolvers<SourceWord>();
  const taken = Promise.withResolvers<void>();
  const common = migrations.common(id, record, cancel.signal, {});
  const move: TargetMove = {
    ...common,
    postCopy: false,
    overRdma: false,
    blackoutMsAllowed: common.limits.blackoutMsMax,
    ...{ generation, definition, peer, run, session },
    ...{ disks: disks.map(({ name }) => name), wantedDisks: disks, wantedFiles: files },
    keepsPartial: keepPartial,
    passage,
    process: undefined,
    ready: false,
    owner: false,
    sourceWord: sourceWord.promise,
    taken: () => taken.resolve(),
  };
  session.on("closed", () => {
    cancel.abort(abandoned(definition.name));
    void session.close(); // its worker thread ends only by this
  });
  record.begin();
  const done = finish(migrations, move, cancel.signal);
  migrations.add(id, { record, cancel, sourceWord, taken, done });
  await migrations.replaceSession(id, session);
  session.on("message", ({ type }) => {
    if (type !== "abandon") return;
    cancel.abort(abandoned(definition.name));
    void done.then(() => tellAbandoned(session));
  });
}

async function finish(
  migrations: RunningMigrations,
  move: TargetMove,
  abandonment: AbortSignal,
): Promise<void> {
  try {
    await walk(migrations, move, abandonment);
  } catch (error) {
    move.log.error({ reason: errorChain(error) }, "the move could not be closed; recovery does it");
  }
  if (!migrations.isClosed(move.id)) await migrations.settle(move.id);
}

async function walk(
  { parts }: RunningMigrations,
  move: TargetMove,
  abandonment: AbortSignal,
): Promise<void> {
  const { record } = move;
  try {
    await runTarget(move, stages);
    // A guest that could not be let run is recovery's.
    if (!move.owner || !(await isUp(move))) return;
    parts.vms.releaseFromMigration(move.definition.id);
    await writeDown(move, "target", { kind: "finished" });
    record.completed();
  } catch (error) {
    const known = FerryError.from(abandonment.aborted && !move.ready ? abandonment.reason : error);
    move.log.error({ reason: errorChain(error), code: known.code }, "migration ended");
    if (standingOf(move.journal.of(move.id)) !== "discarded") return;
    record.ended(known.code === "cancelled" ? "cancelled" : "failed", known);
    await writeDown(move, "target", { kind: "finished" });
  }
}

async function isUp({ vms, definition, run }: TargetMove): Promise<boolean> {
  const state = await vms.qemuState(definition.id);
  return run ? state === "running" : state !== "none";
}

function tellAbandoned(session: Session): void {
  try {
    session.send({ type: "abandoned" });
  } catch {
    // The source is gone; it asks or has rolled back already.
  }
}

export function abandoned(name: string): FerryError {
  return new FerryError("cancelled", `The source gave up the move of VM "${name}"`);
}
