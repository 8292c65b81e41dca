/**
 * Moves that wait for their turn: each has its record in the history and holds nothing, neither its VM nor anything on the
 * target. When and in which order they start is src/scheduler's business.
 */
import { randomUUID } from "node:crypto";
import { FerryError } from "../base/errors.ts";
import type { LocalVms } from "../vm/local-vms.ts";
import type { VmRecord } from "../vm/vm-host.ts";
import type { DiskPlacement, FilePlacement, MigrationOptions, MigrationRecord } from "./record.ts";
import type { RunningMigrations } from "./running.ts";

export interface MoveRequest {
  /** Name or id. */
  readonly vm: string;
  readonly target: string;
  readonly options: MigrationOptions;
  readonly requestedBy: string;
  /** Disks that move with the VM, as the checks place them. Default: none. */
  readonly disks?: readonly DiskPlacement[];
  /** Other files that the target does not reach. Default: none. */
  readonly files?: readonly FilePlacement[];
}

/**
 * Gives a move of a VM of this host its record, in state `queued`.
 * @throws FerryError `not-found`, `conflict` when the VM does not run here, `busy` when a move of it waits or runs.
 */
export function queueOutgoing(
  migrations: RunningMigrations,
  request: MoveRequest,
): MigrationRecord {
  const { vms, host } = migrations.parts;
  const { definition, migration } = requireMovable(vms, request.vm);
  const { id: vmId, name } = definition;
  const waiting = [...migrations.queued.values()].find(({ current }) => current.vm.id === vmId);
  if (waiting !== undefined) {
    throw busy(
      name,
      waiting.current.id,
      `a move of it to "${waiting.current.target}" waits already`,
    );
  }
  if (migration !== null) throw busy(name, migration, "it is being moved already");
  const id = randomUUID();
  const { target, requestedBy, options, disks = [], files = [] } = request;
  const keeper = migrations.newKeeper({
    ...{ id, vm: definition, role: "source", source: host, target, requestedBy, options },
    ...{ disks, files },
  });
  migrations.queued.set(id, keeper);
  keeper.queued();
  return keeper.current;
}

/** A move that a former agent left in the queue waits again; undefined when its record is not one of a waiting move. */
export function requeue(migrations: RunningMigrations, id: string): MigrationRecord | undefined {
  const record = migrations.history.find(id);
  if (record?.state !== "queued") return undefined;
  migrations.queued.set(id, migrations.keeper(record));
  return record;
}

export function endQueued(
  migrations: RunningMigrations,
  id: string,
  state: "cancelled" | "failed",
  error: FerryError,
): void {
  const keeper = migrations.queued.get(id);
  migrations.queued.delete(id);
  keeper?.ended(state, error);
}

/** @throws FerryError `not-found`, `conflict` when its guest neither runs nor is paused on this host. */
export function requireMovable(vms: LocalVms, nameOrId: string): VmRecord {
  const vm = vms.get(nameOrId);
  const { id, name } = vm.definition;
  const alive = vm.state === "running" || vm.state === "paused";
  if (alive && vms.process(id) !== undefined) return vm;
  throw new FerryError("conflict", `Cannot move VM "${name}": it is ${vm.state}, not running`, {
    remedy: `Start it first: ferry vm start ${name}`,
  });
}

function busy(vm: string, migration: string, present: string): FerryError {
  return new FerryError("busy", `Cannot move VM "${vm}": ${present}`, {
    remedy: `Wait for that move or cancel it: ferry migration cancel ${migration}`,
    details: { migration },
  });
}
