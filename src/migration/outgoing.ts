/** A migration that leaves this host: the source's side from the request to the end of its record. */
import type { DatabaseSync } from "node:sqlite";
import { errorChain, FerryError } from "../base/errors.ts";
import { invariant } from "../base/invariant.ts";
import type { VmDefinition } from "../vm/definition.ts";
import { runSource } from "./engine.ts";
import { type LeftDisks, standingOf } from "./journal-record.ts";
import { filesOfDisks } from "./placed-definition.ts";
import { knownWay } from "./known-way.ts";
import { requireMovable } from "./queued.ts";
import type { MigrationOptions, MigrationRecord } from "./record.ts";
import type { RunningMigrations } from "./running.ts";
import type { SourceMove } from "./stage.ts";
import { StepIns } from "./step-in.ts";
import { stages } from "./stages/all.ts";
import { writeDown } from "./write-down.ts";

/** Records read to learn of the way to a target: a host has several. */
const recentMax = 30;

/**
 * Starts a queued move; the checks have passed already. Returns at once with the record; the move is out of the queue.
 * `together` runs in the transaction of the journal's first record, so that a crash finds it either queued or begun.
 * @throws FerryError `not-found`, `conflict` when the VM does not run here, `busy`; the move is queued as before.
 */
export function startOutgoing(
  migrations: RunningMigrations,
  id: string,
  together: (database: DatabaseSync) => void,
): MigrationRecord {
  const { vms } = migrations.parts;
  const record = migrations.queued.get(id);
  invariant(record !== undefined, `migration ${id} is queued`);
  const { options, target, requestedBy } = record.current;
  const disks = record.current.disks.map(({ name }) => name);
  const { definition, generation, state } = requireMovable(vms, record.current.vm.id);
  const process = vms.process(definition.id);
  invariant(process !== undefined, `VM ${definition.id} is ${state} and has a process`);
  vms.claimForMigration(definition.id, id);
  const ran = state === "running";
  migrations.journal.append(
    id,
    {
      ...{ kind: "begun", vm: definition.id, peer: target, generation, ran },
      ...(disks.length === 0 ? {} : { leaves: leftDisks(definition, disks, options) }),
    },
    together,
  );
  migrations.queued.delete(id);
  const cancel = new AbortController();
  const common = migrations.common(id, record, cancel.signal, options);
  const stepIns = new StepIns();
  const move: SourceMove = {
    ...common,
    ...{ generation, definition, peer: target, run: ran, process, disks },
    session: undefined,
    whole: [],
    peerFailure: undefined,
    disksFollowed: undefined,
    memoryAgreed: undefined,
    knownWay: knownWay(migrations.history.list({ state: "completed", limit: recentMax }), target),
    written: Promise.resolve(null),
    channels: 0,
    watch: undefined,
    stepIns,
    blackoutMsAllowed: common.limits.blackoutMsMax,
    postCopyAsked: false,
    postCopy: false,
    overRdma: false,
    handedOverAt: undefined,
    taken: false,
  };
  record.begin();
  move.log.info({ vm: definition.name, target, requestedBy }, "migration begins");
  migrations.add(id, { record, cancel, stepIns, done: runOutgoing(migrations, move) });
  return record.current;
}

function leftDisks(
  definition: VmDefinition,
  disks: readonly string[],
  { keepSourceDisks = false }: MigrationOptions,
): LeftDisks {
  return { files: filesOfDisks(definition, disks), keep: keepSourceDisks };
}

async function runOutgoing(migrations: RunningMigrations, move: SourceMove): Promise<void> {
  try {
    await walk(migrations, move);
  } catch (error) {
    move.log.error({ reason: errorChain(error) }, "the move could not be closed; recovery does it");
  }
  move.watch?.[Symbol.dispose]();
  await move.session?.close();
  if (!migrations.isClosed(move.id)) await migrations.settle(move.id);
}

async function walk({ parts }: RunningMigrations, move: SourceMove): Promise<void> {
  try {
    await move.faults.reach("source:journal-begun:after");
    await runSource(move, stages);
    // The VM is gone when everything after the handover went well.
    if (move.taken && parts.vms.find(move.definition.id) === undefined) {
      await writeDown(move, "source", { kind: "finished" });
      move.record.completed();
      move.log.info({ blackout: move.record.current.blackout }, "migration completed");
    }
  } catch (error) {
    const known = FerryError.from(error);
    move.log.error({ reason: errorChain(error), code: known.code }, "migration ended");
    if (move.handedOverAt !== undefined || known.code === "migration-unresolved") return;
    // A full disk kept *rolled-back* out of the journal: recovery writes it when there is room.
    if (standingOf(move.journal.of(move.id)) !== "rolled-back") throw error;
    parts.vms.releaseFromMigration(move.definition.id);
    move.record.ended(known.code === "cancelled" ? "cancelled" : "failed", known);
    await writeDown(move, "source", { kind: "finished" });
  }
}
