/**
 * The journal of this host's migrations, in the state database. Appending is synchronous: when `append` returns, the
 * record survives a power loss (see src/database/database.ts).
 */
import type { DatabaseSync } from "node:sqlite";
import { transaction } from "../database/database.ts";
import type { JournalEntry, JournalRecord } from "./journal-record.ts";

interface Row {
  migration_id: string;
  data: string;
  at: number;
}

export class Journal {
  readonly #database: DatabaseSync;
  readonly #now: () => number;

  constructor(database: DatabaseSync, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  /**
   * Makes a record durable; `together` runs in the same transaction, so that what it writes and the record are both
   * there after a crash or neither is.
   */
  append(
    migration: string,
    record: JournalRecord,
    together?: (database: DatabaseSync) => void,
  ): void {
    transaction(this.#database, () => {
      this.#database
        .prepare("INSERT INTO journal (migration_id, kind, data, at) VALUES (?, ?, ?, ?)")
        .run(migration, record.kind, JSON.stringify(record), this.#now());
      together?.(this.#database);
    });
  }

  /** All records of one migration, oldest first. */
  of(migration: string): JournalEntry[] {
    const rows = this.#database
      .prepare(
        "SELECT migration_id, data, at FROM journal WHERE migration_id = ? ORDER BY sequence",
      )
      .all(migration) as unknown as Row[];
    return rows.map(entry);
  }

  /** Migrations whose last word is not `finished`, oldest first: what a restarted agent has to settle. */
  open(): string[] {
    const rows = this.#database
      .prepare(
        `SELECT migration_id FROM journal GROUP BY migration_id
         HAVING SUM(kind = 'finished') = 0 ORDER BY MIN(sequence)`,
      )
      .all() as unknown as Pick<Row, "migration_id">[];
    return rows.map((row) => row.migration_id);
  }
}

function entry(row: Row): JournalEntry {
  return { migration: row.migration_id, at: row.at, record: JSON.parse(row.data) as JournalRecord };
}
