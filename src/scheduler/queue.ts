/** The moves of this host that wait, in the database: which, and in what order. Their records are in the history. */
import type { DatabaseSync } from "node:sqlite";
import { transaction } from "../database/database.ts";
import { FerryError } from "../base/errors.ts";
import type { Priority } from "../migration/record.ts";
import { inQueueOrder } from "./line-order.ts";

/** More moves than a host has VMs; a script in a loop stops here. */
export const queueMax = 1_000;

export interface QueueEntry {
  /** The migration's. */
  readonly id: string;
  readonly priority: Priority;
  /** Lower is earlier among equal priorities. */
  readonly place: number;
  readonly copiesDisks: boolean;
}

/** Where a queued move shall go: among those of its priority first or last, or just before another. */
export interface NewPlace {
  readonly priority?: Priority;
  readonly to?: "first" | "last" | { readonly before: string };
}

interface Row {
  readonly id: string;
  readonly priority: Priority;
  readonly place: number;
  readonly copies_disks: number;
}

export class Queue {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** The first first. */
  list(): QueueEntry[] {
    const rows = this.#database.prepare("SELECT * FROM queue").all() as unknown as Row[];
    return inQueueOrder(
      rows.map(({ copies_disks, ...row }) => ({ ...row, copiesDisks: copies_disks === 1 })),
    );
  }

  find(id: string): QueueEntry | undefined {
    return this.list().find((entry) => entry.id === id);
  }

  has(id: string): boolean {
    return this.#database.prepare("SELECT 1 FROM queue WHERE id = ?").get(id) !== undefined;
  }

  /** Puts a move last. @throws FerryError `no-space`. */
  add(entry: Omit<QueueEntry, "place">): void {
    const { count, last } = this.#database
      .prepare("SELECT count(*) AS count, coalesce(max(place), 0) AS last FROM queue")
      .get() as { count: number; last: number };
    if (count >= queueMax) {
      throw new FerryError(
        "no-space",
        `Cannot queue another move: ${count} wait, at most ${queueMax}`,
        {
          remedy: "Wait until some have moved, or cancel some: ferry migration list --state queued",
        },
      );
    }
    this.#database
      .prepare("INSERT INTO queue (id, priority, place, copies_disks) VALUES (?, ?, ?, ?)")
      .run(entry.id, entry.priority, last + 1, entry.copiesDisks ? 1 : 0);
  }

  remove(id: string): void {
    this.#database.prepare("DELETE FROM queue WHERE id = ?").run(id);
  }

  /** @throws FerryError `not-found` when the move, or the one it shall go before, does not wait. */
  place(id: string, { priority, to = "last" }: NewPlace): void {
    transaction(this.#database, () => {
      const entries = this.list();
      const moved = entries.find((entry) => entry.id === id) ?? notWaiting(id);
      const others = entries.filter((entry) => entry.id !== id);
      const before =
        typeof to === "object" ? indexOf(others, to.before) : to === "first" ? 0 : others.length;
      const wanted = typeof to === "object" ? others[before]?.priority : undefined;
      others.splice(before, 0, { ...moved, priority: priority ?? wanted ?? moved.priority });
      const update = this.#database.prepare(
        "UPDATE queue SET priority = ?, place = ? WHERE id = ?",
      );
      for (const [place, entry] of others.entries())
        update.run(entry.priority, place + 1, entry.id);
    });
  }
}

function indexOf(entries: readonly QueueEntry[], id: string): number {
  const index = entries.findIndex((entry) => entry.id === id);
  return index === -1 ? notWaiting(id) : index;
}

function notWaiting(id: string): never {
  throw new FerryError(
    "not-found",
    `Cannot find migration "${id}" in the queue: it does not wait there`,
    {
      remedy: "List the moves that wait: ferry migration list --state queued",
    },
  );
}
