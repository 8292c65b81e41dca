/**
 * Decides when moves of this host start. A request is checked, gets its record and waits in the queue; whenever something
 * changes, the queue is looked through (next-attempts.ts) and what may start is tried (attempts.ts). No slot is held while
 * another is awaited, so that crossing moves never wait for each other (docs/decisions/0030-slots-for-moves.md).
 */
import type { DatabaseSync } from "node:sqlite";
import { transaction } from "../database/database.ts";
import { FerryError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Migrations } from "../migration/migrations.ts";
import type { MoveRequest } from "../migration/queued.ts";
import type { MigrationRecord } from "../migration/record.ts";
import { type KeptReport, requireStillTrue } from "../precheck/saved-report.ts";
import type { Precheck } from "../precheck/precheck.ts";
import { countSlots, type SlotsInUse } from "./admission.ts";
import { Attempts, type SlotLink } from "./attempts.ts";
import { Holds } from "./holds.ts";
import { nextAttempts, type WaitingMove } from "./next-attempts.ts";
import { type NewPlace, Queue, queueMax } from "./queue.ts";
import type { SettingsStore } from "./settings-store.ts";

/** Looked through at least so often while moves wait: settings have times, and a missed change must not stop the queue. */
const restMs = 5_000;

export interface SchedulerParts {
  readonly database: DatabaseSync;
  readonly log: Log;
  readonly host: string;
  readonly migrations: Migrations;
  readonly precheck: Precheck;
  readonly settings: SettingsStore;
  readonly slots: SlotLink;
  /** A VM's memory, bytes; 0 for one that is gone. */
  readonly memoryOf: (vm: string) => number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export class Scheduler implements AsyncDisposable {
  readonly #parts: SchedulerParts;
  readonly #queue: Queue;
  readonly #holds: Holds;
  readonly #attempts: Attempts;
  readonly #stopListening: () => void;
  #started = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: SchedulerParts) {
    this.#parts = parts;
    this.#queue = new Queue(parts.database);
    this.#holds = new Holds(parts.now);
    const changed = (): void => this.#look();
    this.#attempts = new Attempts({ ...parts, queue: this.#queue, holds: this.#holds, changed });
    this.#stopListening = parts.settings.onChange(changed);
  }

  /** Takes up the queue that a former agent left; call once, when open migrations are settled. */
  start(): void {
    const { migrations } = this.#parts;
    for (const { id } of this.#queue.list()) {
      if (migrations.requeue(id) === undefined) this.#queue.remove(id);
    }
    for (const { id } of migrations.list({ state: "queued", limit: queueMax })) {
      if (this.#queue.has(id)) continue;
      migrations.requeue(id);
      migrations.endQueued(id, "failed", lost());
    }
    this.#started = true;
    this.#look();
  }

  /**
   * Checks a move and queues it; it starts at once when both hosts have a slot for it.
   * @throws FerryError `precheck-failed` with the report, `stale` when `report` no longer holds, `busy`, `conflict`, `not-found`, `no-space`.
   */
  async request(request: MoveRequest & { report?: KeptReport }): Promise<MigrationRecord> {
    const { migrations, precheck, settings, host, log } = this.#parts;
    if (!settings.current.settings.migrationEnabled) throw disabled(request.vm, host);
    const { report: kept, ...asked } = request;
    const found = await precheck.require(asked);
    if (kept !== undefined) requireStillTrue(kept, found);
    const { disks, files } = found;
    const record = this.#enqueue({ ...asked, disks, files });
    const { target, requestedBy, options } = asked;
    const facts = { migration: record.id, vm: record.vm.name, target, requestedBy, options };
    log.info(facts, "a move was asked for");
    this.#attempts.checked(record.id);
    this.#look();
    return migrations.get(record.id);
  }

  /** See `Migrations.cancel`; a queued move just leaves the queue. */
  async cancel(id: string): Promise<MigrationRecord> {
    const { migrations } = this.#parts;
    const { state, vm } = migrations.get(id);
    if (state !== "queued" || !this.#queue.has(id)) return await migrations.cancel(id);
    const reason = new FerryError(
      "cancelled",
      `The move of VM "${vm.name}" was cancelled while it waited`,
    );
    this.#queue.remove(id);
    this.#attempts.forget(id);
    migrations.endQueued(id, "cancelled", reason);
    this.#look();
    return migrations.get(id);
  }

  /** Moves a queued move to another place in line. @throws FerryError `not-found`, `conflict` when it waits no more. */
  place(id: string, place: NewPlace): MigrationRecord {
    const { migrations } = this.#parts;
    const { state, vm } = migrations.get(id);
    if (state !== "queued") {
      throw new FerryError(
        "conflict",
        `Cannot reorder the move of VM "${vm.name}": it is ${state}, not queued`,
      );
    }
    this.#queue.place(id, place);
    this.#look();
    return migrations.get(id);
  }

  get queueLength(): number {
    return this.#queue.list().length;
  }

  /** Slots for moves from this host that are in use now. */
  inUse(): SlotsInUse {
    const running = this.#parts.migrations
      .running("source")
      .map(({ id, disks }) => ({ id, copiesDisks: disks.length > 0 }));
    return countSlots(running);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopListening();
    this.#started = false;
    clearTimeout(this.#timer);
    await this.#attempts[Symbol.asyncDispose]();
  }

  #enqueue(request: MoveRequest): MigrationRecord {
    const { migrations, database } = this.#parts;
    const { options, disks = [] } = request;
    const { priority = "normal" } = options;
    let id: string | undefined;
    try {
      return transaction(database, () => {
        const record = migrations.enqueue(request);
        id = record.id;
        this.#queue.add({ id, priority, copiesDisks: disks.length > 0 });
        return record;
      });
    } catch (error) {
      if (id !== undefined) migrations.forgetQueued(id);
      throw error;
    }
  }

  /** Looks through the queue: tries what may start, says of the rest what it waits for. */
  #look(): void {
    if (!this.#started) return;
    const { migrations, settings, host, now } = this.#parts;
    const queue = this.#queue.list().map(({ id, copiesDisks }): WaitingMove => {
      const { vm, target } = migrations.get(id);
      return { id, vmName: vm.name, target, copiesDisks };
    });
    const { attempts, waiting, wakeAt } = nextAttempts({
      host,
      queue,
      outgoing: this.inUse(),
      limits: settings.current.settings,
      attempting: this.#attempts.ids,
      targetHolds: this.#holds.targets,
      moveHolds: this.#holds.moves,
      now: now(),
    });
    for (const [id, reason] of waiting) migrations.waiting(id, reason);
    for (const move of attempts) this.#attempts.begin(move);
    this.#lookAgain(queue.length === 0 ? null : Math.min(wakeAt ?? Infinity, now() + restMs));
  }

  #lookAgain(at: number | null): void {
    clearTimeout(this.#timer);
    if (at === null) return;
    this.#timer = setTimeout(() => this.#look(), Math.max(1, at - this.#parts.now()));
  }
}

function disabled(vm: string, host: string): FerryError {
  return new FerryError(
    "conflict",
    `Cannot move VM "${vm}": migration is switched off on "${host}"`,
    {
      remedy: `Switch it on: ferry host set ${host} --migration on`,
    },
  );
}

function lost(): FerryError {
  return new FerryError("migration-failed", "The agent was restarted before the move was queued", {
    remedy: "Move the VM again",
  });
}
