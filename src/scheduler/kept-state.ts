/** What a host is in the middle of, one value under a name in the database: an agent that is restarted meanwhile goes on. */
import type { DatabaseSync } from "node:sqlite";
import type Type from "typebox";
import Value from "typebox/value";

export class KeptState<Schema extends Type.TSchema> {
  readonly #database: DatabaseSync;
  readonly #key: string;
  readonly #schema: Schema;

  constructor(database: DatabaseSync, key: string, schema: Schema) {
    this.#database = database;
    this.#key = key;
    this.#schema = schema;
  }

  /** Null while the host is in the middle of no such thing. */
  read(): Type.Static<Schema> | null {
    const row = this.#database.prepare("SELECT value FROM settings WHERE key = ?").get(this.#key);
    return row === undefined ? null : Value.Parse(this.#schema, JSON.parse(row["value"] as string));
  }

  write(state: Type.Static<Schema>): void {
    this.#database
      .prepare(
        `INSERT INTO settings (key, value, generation) VALUES (?, ?, 1)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value, generation = generation + 1`,
      )
      .run(this.#key, JSON.stringify(state));
  }

  clear(): void {
    this.#database.prepare("DELETE FROM settings WHERE key = ?").run(this.#key);
  }
}
