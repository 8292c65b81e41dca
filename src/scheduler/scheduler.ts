/**
 * Decides when moves of this host start. A request is checked, gets its record and waits in the queue; whenever something
 * changes, the queue is looked through (next-attempts.ts) and what may start is tried: a slot of the target, the checks once
 * more when they are old, and the move begins. No slot is held while another is awaited, so that crossing moves never wait for
 * each other (docs/decisions/0030-slots-for-moves.md).
 */
import type { DatabaseSync } from "node:sqlite";
import { transaction } from "../database/database.ts";
import { errorChain, FerryError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Migrations } from "../migration/migrations.ts";
import type { MoveRequest } from "../migration/queued.ts";
import type { MigrationRecord } from "../migration/record.ts";
import type { Precheck } from "../precheck/precheck.ts";
import { countSlots, type SlotsInUse } from "./admission.ts";
import { Holds } from "./holds.ts";
import { nextAttempts, type WaitingMove } from "./next-attempts.ts";
import { type NewPlace, Queue } from "./queue.ts";
import type { SettingsStore } from "./settings-store.ts";
import type { SlotAnswer, SlotRequest } from "./slot-messages.ts";

/** A check that passed so recently need not be made again before the move begins. */
const checkedMs = 5_000;
/** Looked through at least so often while moves wait: settings have times, and a missed change must not stop the queue. */
const restMs = 5_000;

/** How a source asks a target for a slot. */
export interface SlotLink {
  /** @throws FerryError `conflict` when the target takes no moves, `unreachable`, `timeout`, `peer-refused`. */
  ask(target: string, request: SlotRequest, signal: AbortSignal): Promise<SlotAnswer>;
  release(target: string, migrationId: string): Promise<void>;
}

export interface SchedulerParts {
  readonly database: DatabaseSync;
  readonly log: Log;
  readonly host: string;
  readonly migrations: Migrations;
  readonly precheck: Precheck;
  readonly settings: SettingsStore;
  readonly slots: SlotLink;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export class Scheduler implements AsyncDisposable {
  readonly #parts: SchedulerParts;
  readonly #queue: Queue;
  readonly #holds: Holds;
  readonly #attempts = new Map<string, Promise<void>>();
  readonly #checkedAt = new Map<string, number>();
  readonly #stopping = new AbortController();
  readonly #stopListening: () => void;
  #started = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: SchedulerParts) {
    this.#parts = parts;
    this.#queue = new Queue(parts.database);
    this.#holds = new Holds(parts.now);
    this.#stopListening = parts.settings.onChange(() => this.#look());
  }

  /** Takes up the queue that a former agent left; call once, when open migrations are settled. */
  start(): void {
    const { migrations } = this.#parts;
    for (const { id } of this.#queue.list()) {
      if (migrations.requeue(id) === undefined) this.#queue.remove(id);
    }
    for (const { id } of migrations.list({ state: "queued" })) {
      if (this.#queue.has(id)) continue;
      migrations.requeue(id);
      migrations.endQueued(id, "failed", lost());
    }
    this.#started = true;
    this.#look();
  }

  /**
   * Checks a move and queues it; it starts at once when both hosts have a slot for it.
   * @throws FerryError `precheck-failed` with the report, `busy`, `conflict`, `not-found`, `no-space`.
   */
  async request(request: MoveRequest): Promise<MigrationRecord> {
    const { migrations, precheck, settings, host, log, now } = this.#parts;
    if (!settings.current.settings.migrationEnabled) throw disabled(request.vm, host);
    const { disks } = await precheck.require(request);
    const record = this.#enqueue({ ...request, disks });
    const { target, requestedBy, options } = request;
    const facts = { migration: record.id, vm: record.vm.name, target, requestedBy, options };
    log.info(facts, "a move was asked for");
    this.#checkedAt.set(record.id, now());
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
    this.#leave(id, "cancelled", reason);
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

  /** The moves that wait, the first first. */
  queued(): MigrationRecord[] {
    return this.#queue.list().map(({ id }) => this.#parts.migrations.get(id));
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
    this.#stopping.abort(new FerryError("cancelled", "The agent stops"));
    clearTimeout(this.#timer);
    await Promise.allSettled(this.#attempts.values());
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
    if (!this.#started || this.#stopping.signal.aborted) return;
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
      attempting: new Set(this.#attempts.keys()),
      targetHolds: this.#holds.targets,
      moveHolds: this.#holds.moves,
      now: now(),
    });
    for (const [id, reason] of waiting) migrations.waiting(id, reason);
    for (const move of attempts) this.#attempt(move);
    this.#lookAgain(queue.length === 0 ? null : Math.min(wakeAt ?? Infinity, now() + restMs));
  }

  #lookAgain(at: number | null): void {
    clearTimeout(this.#timer);
    if (at === null) return;
    this.#timer = setTimeout(() => this.#look(), Math.max(1, at - this.#parts.now()));
  }

  #attempt(move: WaitingMove): void {
    const over = this.#try(move)
      .catch((error: unknown) => this.#failed(move, FerryError.from(error)))
      .finally(() => {
        this.#attempts.delete(move.id);
        this.#look();
      });
    this.#attempts.set(move.id, over);
    this.#parts.migrations.waiting(move.id, `asks ${move.target} for a slot`);
  }

  async #try({ id, target, vmName, copiesDisks }: WaitingMove): Promise<void> {
    const { migrations, slots, log } = this.#parts;
    const { priority = "normal" } = this.#queue.find(id) ?? {};
    const request = { migrationId: id, vmName, priority, copiesDisks };
    const answer = await slots.ask(target, request, this.#stopping.signal);
    if (answer.outcome === "wait") {
      this.#holds.targetIsFull(target, answer.reason);
      log.debug({ migration: id, target, reason: answer.reason }, "a queued move waits");
      return;
    }
    this.#holds.targetAnswered(target);
    try {
      await this.#checkAgain(id);
      this.#stopping.signal.throwIfAborted();
      if (!this.#queue.has(id)) throw new FerryError("cancelled", "It left the queue meanwhile");
      migrations.startQueued(id, () => this.#queue.remove(id));
    } catch (error) {
      // The lease lapses by itself when the target can't be told.
      await slots.release(target, id).catch(() => undefined);
      throw error;
    }
    this.#checkedAt.delete(id);
    void migrations.over(id).then(() => {
      this.#holds.targetAnswered(target);
      this.#look();
    });
  }

  /** What was true when the move was asked for need not be true when its turn comes. */
  async #checkAgain(id: string): Promise<void> {
    const { migrations, precheck, now } = this.#parts;
    const checkedAt = this.#checkedAt.get(id);
    if (checkedAt !== undefined && now() - checkedAt < checkedMs) return;
    const { vm, target, options } = migrations.get(id);
    migrations.waiting(id, "is being checked again");
    const { disks } = await precheck.require({ vm: vm.id, target, options });
    migrations.placeDisks(id, disks);
  }

  #failed(move: WaitingMove, error: FerryError): void {
    if (this.#stopping.signal.aborted || !this.#queue.has(move.id)) return;
    this.#parts.log.warn(
      { migration: move.id, reason: errorChain(error) },
      "a queued move did not start",
    );
    if (this.#holds.mayTryAgain(move, error)) return;
    this.#leave(move.id, "failed", error);
  }

  #leave(id: string, state: "cancelled" | "failed", reason: FerryError): void {
    this.#queue.remove(id);
    this.#checkedAt.delete(id);
    this.#parts.migrations.endQueued(id, state, reason);
    this.#look();
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
