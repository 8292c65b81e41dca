/**
 * Disks that a move did not finish to copy here and that were kept on request, for another attempt to continue from. Each
 * lies in its pool under a name of its own, so that nobody takes it for a disk; this table says whose it is and how long
 * it is kept. What is in neither is nobody's.
 */
import type { DatabaseSync } from "node:sqlite";

export interface PartialDisk {
  /** The move that left it. */
  readonly migration: string;
  /** The VM's id and name, and the host that it would have come from. */
  readonly vm: string;
  readonly vmName: string;
  readonly source: string;
  /** The disk's name in the definition. */
  readonly disk: string;
  readonly pool: string;
  /** Its name while it is kept. */
  readonly file: string;
  /** Milliseconds since the epoch. */
  readonly keptAt: number;
  readonly expiresAt: number;
}

const columns =
  "migration, vm, vm_name AS vmName, source, disk, pool, file, kept_at AS keptAt, expires_at AS expiresAt";

export class PartialDisks {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Oldest first; `vm` is an id. */
  list(vm?: string): PartialDisk[] {
    const rows = this.#database
      .prepare(
        `SELECT ${columns} FROM partial_disks WHERE :vm IS NULL OR vm = :vm ORDER BY kept_at, disk`,
      )
      .all({ vm: vm ?? null });
    return rows.map((row) => ({ ...(row as unknown as PartialDisk) }));
  }

  /** May be repeated. */
  add(partial: PartialDisk): void {
    const { migration, vm, vmName, source, disk, pool, file, keptAt, expiresAt } = partial;
    this.#database
      .prepare(
        `INSERT OR IGNORE INTO partial_disks
         (migration, vm, vm_name, source, disk, pool, file, kept_at, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(migration, vm, vmName, source, disk, pool, file, keptAt, expiresAt);
  }

  remove({ migration, disk }: PartialDisk): void {
    this.#database
      .prepare("DELETE FROM partial_disks WHERE migration = ? AND disk = ?")
      .run(migration, disk);
  }
}
