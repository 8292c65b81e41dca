/**
 * Disks that are on their way to another pool of this host, durably: after a crash this says which of two files is the
 * disk. `copying`: the old one. `pivoting`: the new one has everything, since writes went to both until QEMU changed over,
 * and only to the new one then.
 */
import type { DatabaseSync } from "node:sqlite";

export interface StorageMove {
  /** The VM's id. */
  readonly vm: string;
  /** The disk's name in the definition; its file keeps its name. */
  readonly disk: string;
  readonly pool: string;
  readonly targetPool: string;
  /** The node that a running VM's device changes over to; null for a VM that is stopped. */
  readonly node: string | null;
  readonly phase: "copying" | "pivoting";
}

export class StorageMoves {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  of(vm: string): StorageMove[] {
    const rows = this.#database
      .prepare(
        `SELECT vm, disk, pool, target_pool AS targetPool, node, phase
         FROM storage_moves WHERE vm = ?`,
      )
      .all(vm);
    return rows.map((row) => ({ ...(row as unknown as StorageMove) }));
  }

  begin({ vm, disk, pool, targetPool, node, phase }: StorageMove): void {
    this.#database
      .prepare(
        `INSERT INTO storage_moves (vm, disk, pool, target_pool, node, phase)
         VALUES (?, ?, ?, ?, ?, ?)`,
      )
      .run(vm, disk, pool, targetPool, node, phase);
  }

  enter({ vm, disk }: StorageMove, phase: StorageMove["phase"]): void {
    this.#database
      .prepare("UPDATE storage_moves SET phase = ? WHERE vm = ? AND disk = ?")
      .run(phase, vm, disk);
  }

  end({ vm, disk }: StorageMove): void {
    this.#database.prepare("DELETE FROM storage_moves WHERE vm = ? AND disk = ?").run(vm, disk);
  }
}
