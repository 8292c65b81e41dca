/** The records of migrations in the database: the history, and what is running now. */
import type { DatabaseSync } from "node:sqlite";
import { FerryError } from "../base/errors.ts";
import type { MigrationRecord } from "./record.ts";

export interface HistoryFilter {
  readonly vm?: string;
  readonly state?: MigrationRecord["state"];
  readonly since?: number;
  /** At most this many, newest first. */
  readonly limit?: number;
}

const limitDefault = 100;

export class History {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  store(record: MigrationRecord): void {
    this.#database
      .prepare(
        `INSERT INTO migrations (id, vm_id, role, state, requested_at, record) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET state = excluded.state, record = excluded.record`,
      )
      .run(
        record.id,
        record.vm.id,
        record.role,
        record.state,
        Math.floor(record.requestedAt),
        JSON.stringify(record),
      );
  }

  find(id: string): MigrationRecord | undefined {
    const row = this.#database.prepare("SELECT record FROM migrations WHERE id = ?").get(id);
    return row === undefined ? undefined : parse(row);
  }

  /** @throws FerryError `not-found`. */
  get(id: string): MigrationRecord {
    const record = this.find(id);
    if (record !== undefined) return record;
    throw new FerryError(
      "not-found",
      `Cannot find migration "${id}": this host knows none of that id`,
      {
        remedy: "List the migrations with: ferry migration list",
      },
    );
  }

  list(filter: HistoryFilter): MigrationRecord[] {
    const rows = this.#database
      .prepare(
        `SELECT record FROM migrations
         WHERE (:vm IS NULL OR vm_id = :vm OR json_extract(record, '$.vm.name') = :vm)
           AND (:state IS NULL OR state = :state)
           AND (:since IS NULL OR requested_at >= :since)
         ORDER BY requested_at DESC LIMIT :limit`,
      )
      .all({
        vm: filter.vm ?? null,
        state: filter.state ?? null,
        since: filter.since ?? null,
        limit: filter.limit ?? limitDefault,
      });
    return rows.map(parse);
  }
}

function parse(row: Record<string, unknown>): MigrationRecord {
  return JSON.parse(row["record"] as string) as MigrationRecord;
}
