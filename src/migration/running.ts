/** The migrations under way on this host: their records, how to cancel them, when they are over. */
import { wallClockMs } from "../base/clock.ts";
import { errorChain, FerryError } from "../base/errors.ts";
import type { Session } from "../session/session.ts";
import { History } from "./history.ts";
import { Journal } from "./journal.ts";
import { limitsFor, liveLimits } from "./limits.ts";
import { newRecord, type NewMigration } from "./new-record.ts";
import { journalAuthority } from "./ownership.ts";
import type { MigrationsParts } from "./parts.ts";
import type { MigrationOptions, MigrationRecord } from "./record.ts";
import { RecordKeeper } from "./record-keeper.ts";
import type { SourceWord } from "./stage.ts";
import type { StepIns } from "./step-in.ts";

export interface RunningMigration {
  readonly record: RecordKeeper;
  readonly cancel: AbortController;
  /** Settles when this host's half is over, however it ended. */
  readonly done: Promise<void>;
  /** Source only. */
  readonly stepIns?: StepIns;
  /** Target only: resolved when the source speaks over the peer API. */
  readonly sourceWord?: PromiseWithResolvers<SourceWord>;
  /** Target only: resolved when the VM is this host's and its guest runs. */
  readonly taken?: PromiseWithResolvers<void>;
}

export class RunningMigrations {
  readonly parts: MigrationsParts;
  readonly journal: Journal;
  readonly history: History;
  /** Aborted when the agent stops. */
  readonly stopping = new AbortController();
  /** Moves that wait in the queue, by id: they have a record, and hold nothing yet (queued.ts). */
  readonly queued = new Map<string, RecordKeeper>();
  /** What a live half could not end, recovery does; resolves when it is over or waits for a person. Set by Migrations. */
  settle: (id: string) => Promise<void> = async () => {};
  readonly #running = new Map<string, RunningMigration>();
  /** Target: by migration, the session it has now. */
  readonly #sessions = new Map<string, Session>();

  constructor(parts: MigrationsParts) {
    this.parts = parts;
    this.history = new History(parts.database);
    this.journal = new Journal(parts.database, () => Math.floor(wallClockMs()));
  }

  get(id: string): RunningMigration | undefined {
    return this.#running.get(id);
  }

  add(id: string, running: RunningMigration): void {
    this.#running.set(id, running);
    void running.done.finally(() => this.#running.delete(id));
  }

  /** Target: `session` is the migration's from now on; the one before it is closed, and with it its socket to QEMU. */
  async replaceSession(id: string, session: Session): Promise<void> {
    const before = this.#sessions.get(id);
    this.#sessions.set(id, session);
    session.on("closed", () => {
      if (this.#sessions.get(id) === session) this.#sessions.delete(id);
    });
    await before?.close("A new session has taken its place");
  }

  all(): RunningMigration[] {
    return [...this.#running.values()];
  }

  /** The record as it is now, of a migration that runs or waits here. */
  record(id: string): MigrationRecord | undefined {
    return (this.#running.get(id)?.record ?? this.queued.get(id))?.current;
  }

  /** Whether this host has nothing left to do for a migration. */
  isClosed(id: string): boolean {
    return this.journal.of(id).some(({ record }) => record.kind === "finished");
  }

  newKeeper(migration: NewMigration): RecordKeeper {
    return this.keeper(newRecord(migration, wallClockMs()));
  }

  keeper(record: MigrationRecord): RecordKeeper {
    const store = (changed: MigrationRecord): void => {
      try {
        this.history.store(changed);
      } catch (error) {
        // The history is no truth that a move depends on; the journal, on the same disk, says for itself when it is full.
        this.parts.log.error(
          { migration: changed.id, reason: errorChain(error) },
          "history is lost",
        );
      }
    };
    return new RecordKeeper(record, { store, publish: this.parts.publish }, wallClockMs);
  }

  /** What every move of this host has in common (stage.ts, `Move`). */
  common(id: string, record: RecordKeeper, cancel: AbortSignal, options: MigrationOptions) {
    const { vms, switches, serialLogs, peers, faults, log, host } = this.parts;
    const { owners = journalAuthority, rdmaAddresses = async () => [] } = this.parts;
    return {
      id,
      host,
      owners,
      record,
      vms,
      switches,
      serialLogs,
      peers,
      rdmaAddresses,
      faults,
      journal: this.journal,
      limits: liveLimits(() => limitsFor(this.parts.limits, options)),
      log: log.child({ migration: id }),
      signal: AbortSignal.any([cancel, this.stopping.signal]),
      stopping: this.stopping.signal,
    };
  }

  /** Asks all to stop and waits: before the handover rolled back, after it left for the next start. */
  async stop(): Promise<void> {
    this.stopping.abort(new FerryError("cancelled", "The agent stops"));
    await Promise.allSettled([...this.#running.values()].map((running) => running.done));
  }
}
