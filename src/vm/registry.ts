/** The table of VMs: definitions, ownership, generations, processes. The only file that writes `vms`. */
import type { DatabaseSync } from "node:sqlite";
import Value from "typebox/value";
import { FerryError } from "../base/errors.ts";
import { invariant } from "../base/invariant.ts";
import { ProcessIdentity } from "../qemu/process-identity.ts";
import type { VmDefinition } from "./definition.ts";
import { parseDefinition } from "./parse-definition.ts";
import type { Ownership } from "./vm-host.ts";

export interface VmRow {
  readonly definition: VmDefinition;
  readonly ownership: Ownership;
  readonly generation: number;
  readonly migration: string | null;
  readonly process: ProcessIdentity | null;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

interface StoredRow {
  readonly definition: string;
  readonly ownership: Ownership;
  readonly generation: number;
  readonly migration: string | null;
  readonly process: string | null;
  readonly created_at: number;
}

export class Registry {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  all(): VmRow[] {
    return this.#database
      .prepare("SELECT * FROM vms ORDER BY name")
      .all()
      .map((row) => decode(row as unknown as StoredRow));
  }

  read(id: string): VmRow | undefined {
    const row = this.#database.prepare("SELECT * FROM vms WHERE id = ?").get(id);
    return row === undefined ? undefined : decode(row as unknown as StoredRow);
  }

  /** @throws FerryError `already-exists` when the id or the name is taken. */
  insert(row: VmRow): void {
    const { id, name } = row.definition;
    this.requireFree(id, name);
    this.#database
      .prepare(
        `INSERT INTO vms (id, name, definition, ownership, generation, migration, process, created_at)
         VALUES (?, ?, ?, ?, ?, ?, NULL, ?)`,
      )
      .run(
        id,
        name,
        JSON.stringify(row.definition),
        row.ownership,
        row.generation,
        row.migration,
        row.createdAt,
      );
  }

  /** @throws FerryError `already-exists` when another VM has the id or the name. */
  requireFree(id: string, name: string): void {
    const taken = this.#database
      .prepare("SELECT name FROM vms WHERE id = ? OR name = ?")
      .get(id, name);
    if (taken === undefined) return;
    throw new FerryError("already-exists", `Cannot create VM "${name}": this host has it already`, {
      remedy: "Choose another name, or delete the present VM first",
    });
  }

  replaceDefinition(definition: VmDefinition): void {
    this.#database
      .prepare("UPDATE vms SET name = ?, definition = ? WHERE id = ?")
      .run(definition.name, JSON.stringify(definition), definition.id);
  }

  setProcess(id: string, process: ProcessIdentity | null): void {
    this.#database
      .prepare("UPDATE vms SET process = ? WHERE id = ?")
      .run(process === null ? null : JSON.stringify(process), id);
  }

  setMigration(id: string, migration: string | null): void {
    this.#database.prepare("UPDATE vms SET migration = ? WHERE id = ?").run(migration, id);
  }

  delete(id: string): void {
    this.#database.prepare("DELETE FROM vms WHERE id = ?").run(id);
  }
}

/**
 * Target, at *take*: this host owns the VM from here on. One statement, so that the caller can put it into the
 * transaction that writes its journal. Call `LocalVms.refresh(id)` after the commit. May be repeated.
 */
export function becomeOwner(database: DatabaseSync, id: string, generation: number): void {
  changeHands(database, id, "incoming", "owner", generation);
}

/** Source, at the handover: this host no longer owns the VM. As `becomeOwner`. */
export function markHandedOver(database: DatabaseSync, id: string, generation: number): void {
  changeHands(database, id, "owner", "handed-over", generation);
}

/** Source, by a person's word that the target is dead: the VM is this host's again. As `becomeOwner`. */
export function reclaimOwnership(database: DatabaseSync, id: string, generation: number): void {
  changeHands(database, id, "handed-over", "owner", generation);
}

/** Target, by a person's word that the source is dead; the generation the source would have given is skipped. As `becomeOwner`. */
export function claimOwnership(database: DatabaseSync, id: string, generation: number): void {
  const { changes } = database
    .prepare(
      `UPDATE vms SET ownership = 'owner', generation = :generation
       WHERE id = :id AND ownership = 'incoming' AND generation < :generation`,
    )
    .run({ id, generation });
  invariant(changes === 1, `VM ${id} is claimed with generation ${generation}`);
}

/** Generations only rise: a late repetition of an older handover changes nothing and is a fault. */
function changeHands(
  database: DatabaseSync,
  id: string,
  from: Ownership,
  to: Ownership,
  generation: number,
): void {
  const { changes } = database
    .prepare(
      `UPDATE vms SET ownership = :to, generation = :generation
       WHERE id = :id AND ((ownership = :from AND generation = :generation - 1)
                        OR (ownership = :to AND generation = :generation))`,
    )
    .run({ id, from, to, generation });
  invariant(changes === 1, `VM ${id} goes from ${from} to ${to} with generation ${generation}`);
}

function decode(row: StoredRow): VmRow {
  return {
    definition: parseDefinition(JSON.parse(row.definition)),
    ownership: row.ownership,
    generation: row.generation,
    migration: row.migration,
    process: row.process === null ? null : Value.Parse(ProcessIdentity, JSON.parse(row.process)),
    createdAt: row.created_at,
  };
}
