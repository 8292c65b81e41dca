/** Whether this host is drained, and what was planned for its VMs; in the database, so that a restart changes nothing. */
import type { DatabaseSync } from "node:sqlite";
import Type from "typebox";
import Value from "typebox/value";

const key = "drain";
const Vm = Type.Object({ id: Type.String(), name: Type.String() });

export const DrainState = Type.Object({
  /** Milliseconds since the epoch. */
  since: Type.Number(),
  requestedBy: Type.String(),
  /** Whether disks may be copied. */
  withStorage: Type.Boolean(),
  moves: Type.Array(Type.Object({ vm: Vm, target: Type.String(), migration: Type.String() })),
  /** What could not even be queued. */
  refused: Type.Array(Type.Object({ vm: Vm, target: Type.String(), reason: Type.String() })),
});
export type DrainState = Type.Static<typeof DrainState>;

export class DrainStore {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Null while the host is not drained. */
  read(): DrainState | null {
    const row = this.#database.prepare("SELECT value FROM settings WHERE key = ?").get(key);
    return row === undefined ? null : Value.Parse(DrainState, JSON.parse(row["value"] as string));
  }

  write(state: DrainState): void {
    this.#database
      .prepare(
        `INSERT INTO settings (key, value, generation) VALUES (?, ?, 1)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value, generation = generation + 1`,
      )
      .run(key, JSON.stringify(state));
  }

  clear(): void {
    this.#database.prepare("DELETE FROM settings WHERE key = ?").run(key);
  }
}
