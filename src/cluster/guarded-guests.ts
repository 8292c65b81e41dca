/**
 * Which QEMUs may run only while this host holds its lease, and their end. Read from the registry itself, by whichever process finds that
 * the lease is over: what is in memory may be older.
 */
import { DatabaseSync } from "node:sqlite";
import Value from "typebox/value";
import {
  isAlive,
  type ProcessIdentity,
  ProcessIdentity as Schema,
  signalProcess,
} from "../qemu/process-identity.ts";

const question = `SELECT process FROM vms
  WHERE process IS NOT NULL AND id IN (SELECT vm FROM cluster_vms)`;

export class GuardedGuests implements Disposable {
  readonly #database: DatabaseSync;
  /** The latest that could be read: a disk that fails must not save a guest. */
  #known: readonly ProcessIdentity[] = [];

  /** Reads beside the agent, which has the database open. */
  constructor(databasePath: string) {
    this.#database = new DatabaseSync(databasePath, { readOnly: true, timeout: 500 });
  }

  /** Those that live. */
  list(): readonly ProcessIdentity[] {
    try {
      const rows = this.#database.prepare(question).all() as unknown as { process: string }[];
      this.#known = rows.map(({ process }) => Value.Parse(Schema, JSON.parse(process)));
    } catch {
      // What was known before is ended at least.
    }
    return this.#known.filter(isAlive);
  }

  /** Ends them as a power cut would. Answers how many lived. */
  end(): number {
    const living = this.list();
    for (const guest of living) signalProcess(guest, "SIGKILL");
    return living.length;
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}
