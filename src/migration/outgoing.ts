/** A migration that leaves this host: the source's side from the request to the end of its record. */
import { randomUUID } from "node:crypto";
import { errorChain, FerryError } from "../base/errors.ts";
import { runSource } from "./engine.ts";
import type { MigrationOptions, MigrationRecord } from "./record.ts";
import type { RunningMigrations } from "./running.ts";
import type { SourceMove } from "./stage.ts";
import { stages } from "./stages/all.ts";

export interface MoveRequest {
  /** Name or id. */
  readonly vm: string;
  readonly target: string;
  readonly options: MigrationOptions;
  readonly requestedBy: string;
}

/**
 * Starts moving a VM of this host; the checks have passed already. Returns at once with the record.
 * @throws FerryError `not-found`, `conflict` when it does not run here, `busy` when it moves already.
 */
export function startOutgoing(migrations: RunningMigrations, request: MoveRequest): MigrationRecord {
  const { vms, host } = migrations.parts;
  const { options, target, requestedBy } = request;
  const vm = vms.get(request.vm);
  const { definition, generation } = vm;
  const process = vms.process(definition.id);
  if (process === undefined || (vm.state !== "running" && vm.state !== "paused")) {
    throw new FerryError("conflict", `Cannot move VM "${definition.name}": it is ${vm.state}, not running`, {
      remedy: `Start it first: ferry vm start ${definition.name}`,
    });
  }
  const id = randomUUID();
  vms.claimForMigration(definition.id, id);
  const ran = vm.state === "running";
  migrations.journal.append(id, { kind: "begun", vm: definition.id, peer: target, generation, ran });
  const record = migrations.newKeeper({
    ...{ id, vm: definition, role: "source", source: host, target, requestedBy, options },
  });
  const cancel = new AbortController();
  const move: SourceMove = {
    ...migrations.common(id, record, cancel.signal, options),
    ...{ generation, definition, peer: target, run: ran, process },
    session: undefined,
    watch: undefined,
    handedOverAt: undefined,
    untidy: false,
  };
  record.begin();
  move.log.info({ vm: definition.name, target, requestedBy }, "migration begins");
  migrations.add(id, { record, cancel, done: runOutgoing(migrations, move, cancel.signal) });
  return record.current;
}

async function runOutgoing(
  { journal, parts }: RunningMigrations,
  move: SourceMove,
  cancelled: AbortSignal,
): Promise<void> {
  try {
    await runSource(move, stages);
    if (!move.untidy) journal.append(move.id, { kind: "finished" });
    move.record.completed();
    move.log.info({ blackout: move.record.current.blackout }, "migration completed");
  } catch (error) {
    const known = FerryError.from(error);
    move.log.error({ reason: errorChain(error), code: known.code }, "migration ended");
    if (move.handedOverAt !== undefined) {
      move.record.ended("unresolved", known);
      return;
    }
    parts.vms.releaseFromMigration(move.definition.id);
    journal.append(move.id, { kind: "finished" });
    move.record.ended(cancelled.aborted ? "cancelled" : "failed", known);
  }
}
