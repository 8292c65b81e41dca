/**
 * Tries to start queued moves: a slot of the target, the checks once more when they are old, and the move begins. What
 * stands in the way for a while is put into the holds; what stands in the way for good ends the move.
 */
import { errorChain, FerryError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Migrations } from "../migration/migrations.ts";
import type { Precheck } from "../precheck/precheck.ts";
import type { Holds } from "./holds.ts";
import type { WaitingMove } from "./next-attempts.ts";
import type { Queue } from "./queue.ts";
import type { SlotAnswer, SlotRequest } from "./slot-messages.ts";

/** A check that passed so recently need not be made again before the move begins. */
const checkedMs = 5_000;

/** How a source asks a target for a slot. */
export interface SlotLink {
  /** @throws FerryError `conflict` when the target takes no moves, `unreachable`, `timeout`, `peer-refused`. */
  ask(target: string, request: SlotRequest, signal: AbortSignal): Promise<SlotAnswer>;
  release(target: string, migrationId: string): Promise<void>;
}

export interface AttemptParts {
  readonly log: Log;
  readonly migrations: Migrations;
  readonly precheck: Precheck;
  readonly slots: SlotLink;
  readonly queue: Queue;
  readonly holds: Holds;
  /** A VM's memory, bytes; 0 for one that is gone. */
  readonly memoryOf: (vm: string) => number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** A try or a move is over: others may have their turn. */
  readonly changed: () => void;
}

export class Attempts implements AsyncDisposable {
  readonly #parts: AttemptParts;
  readonly #underWay = new Map<string, Promise<void>>();
  readonly #checkedAt = new Map<string, number>();
  readonly #stopping = new AbortController();

  constructor(parts: AttemptParts) {
    this.#parts = parts;
  }

  /** Ids of the moves being tried. */
  get ids(): ReadonlySet<string> {
    return new Set(this.#underWay.keys());
  }

  /** The checks of this move have just passed. */
  checked(id: string): void {
    this.#checkedAt.set(id, this.#parts.now());
  }

  /** The move is out of the queue. */
  forget(id: string): void {
    this.#checkedAt.delete(id);
    this.#parts.holds.forget(id);
  }

  begin(move: WaitingMove): void {
    this.#parts.migrations.waiting(move.id, `asks ${move.target} for a slot`);
    const over = this.#try(move)
      .catch((error: unknown) => this.#failed(move, FerryError.from(error)))
      .finally(() => {
        this.#underWay.delete(move.id);
        this.#parts.changed();
      });
    this.#underWay.set(move.id, over);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort(new FerryError("cancelled", "The agent stops"));
    await Promise.allSettled(this.#underWay.values());
  }

  async #try({ id, target, vmName, copiesDisks }: WaitingMove): Promise<void> {
    const { migrations, slots, queue, holds, log, changed } = this.#parts;
    const { priority = "normal" } = queue.find(id) ?? {};
    const memoryBytes = this.#parts.memoryOf(migrations.get(id).vm.id);
    const request = { migrationId: id, vmName, priority, copiesDisks, memoryBytes };
    const answer = await slots.ask(target, request, this.#stopping.signal);
    if (answer.outcome === "wait") {
      holds.targetIsFull(target, answer.reason);
      log.debug({ migration: id, target, reason: answer.reason }, "a queued move waits");
      return;
    }
    holds.targetAnswered(target);
    try {
      await this.#checkAgain(id);
      this.#stopping.signal.throwIfAborted();
      if (!queue.has(id)) throw new FerryError("cancelled", "It left the queue meanwhile");
      migrations.startQueued(id, () => queue.remove(id));
    } catch (error) {
      // The lease lapses by itself when the target can't be told.
      await slots.release(target, id).catch(() => undefined);
      throw error;
    }
    this.forget(id);
    void migrations.over(id).then(() => {
      holds.targetAnswered(target);
      changed();
    });
  }

  /** What was true when the move was asked for need not be true when its turn comes. */
  async #checkAgain(id: string): Promise<void> {
    const { migrations, precheck, now } = this.#parts;
    const checkedAt = this.#checkedAt.get(id);
    if (checkedAt !== undefined && now() - checkedAt < checkedMs) return;
    const { vm, target, options } = migrations.get(id);
    migrations.waiting(id, "is being checked again");
    const { disks, files } = await precheck.require({ vm: vm.id, target, options });
    migrations.place(id, disks, files);
  }

  #failed(move: WaitingMove, error: FerryError): void {
    const { log, queue, holds, migrations } = this.#parts;
    if (this.#stopping.signal.aborted || !queue.has(move.id)) return;
    const facts = { migration: move.id, reason: errorChain(error) };
    log.warn(facts, "a queued move did not start");
    if (holds.mayTryAgain(move, error)) return;
    queue.remove(move.id);
    this.forget(move.id);
    migrations.endQueued(move.id, "failed", error);
  }
}
