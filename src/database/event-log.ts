/**
 * What happened on this host, for those who watch: published to whoever listens now, and kept for a while so that a
 * watcher whose connection broke can go on where it stopped.
 *
 * An event is news, not a record: the truth is in the tables it tells of. So it is stored a moment later and without
 * waiting for the disk. Publishing costs the publisher nothing, even while a guest stands still.
 */
import type { DatabaseSync } from "node:sqlite";
import { rollBack } from "./database.ts";

export const eventTypes = [
  "vm.created",
  "vm.changed",
  "vm.deleted",
  "migration.changed",
  /** Broadcast several times a second while a move runs, never stored, and therefore never replayed. */
  "migration.progress",
  "host.settings-changed",
  "host.drained",
  "host.resumed",
  "host.shutting-down",
  /** Of a whole domain's stream: this host's agent now follows that one's events, or lost them. Never stored. */
  "host.followed",
  "host.lost",
  "pool.created",
  "pool.deleted",
  "switch.created",
  "switch.deleted",
  "secret.set",
  "secret.deleted",
  "domain.created",
  "domain.joined",
  "domain.trusted",
  "domain.distrusted",
  "cluster.created",
  "cluster.joined",
  "cluster.left",
  "cluster.configured",
  "cluster.restored",
  "cluster.host-dead",
  "cluster.host-forgotten",
  "cluster.member-added",
  "cluster.member-removed",
  "cluster.vm-clustered",
  "cluster.vm-standalone",
  "cluster.vm-given",
  "cluster.vm-started",
  "cluster.vm-refused",
  "cluster.fence-set",
  "cluster.volume-added",
  "cluster.disk-added",
  "cluster.volume-lost",
  "cluster.volume-back",
  "roster.changed",
  "certificate.renewed",
  "token.created",
  "token.deleted",
] as const;
export type EventType = (typeof eventTypes)[number];

export interface FerryEvent {
  /** Position in this host's log; null for an event that is not stored. */
  readonly id: number | null;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly type: EventType;
  /** Id of the VM, migration, … it is about. */
  readonly subject: string;
  /** Plain data. */
  readonly data: unknown;
}

/** Kept for replay: hours of a busy host, and little enough that a replay is quick. */
const keptMax = 10_000;
/** How many events over `keptMax` may pile up before they are pruned together. */
const pruneEvery = 500;

interface Row {
  readonly id: number;
  readonly at: number;
  readonly type: EventType;
  readonly subject: string;
  readonly data: string;
}

export class EventLog implements Disposable {
  readonly #database: DatabaseSync;
  readonly #now: () => number;
  readonly #listeners = new Set<(event: FerryEvent) => void>();
  #waiting: FerryEvent[] = [];
  #stored = 0;

  constructor(database: DatabaseSync, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  /** Stores the event and tells everyone, a moment later. */
  publish(type: EventType, subject: string, data: unknown): void {
    if (this.#waiting.length === 0) setImmediate(() => this.flush());
    this.#waiting.push({ id: null, at: Math.round(this.#now()), type, subject, data });
  }

  /** Tells those who listen now, and nobody later. */
  broadcast(type: EventType, subject: string, data: unknown): void {
    this.#tell({ id: null, at: Math.round(this.#now()), type, subject, data });
  }

  subscribe(listener: (event: FerryEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Stored events after `id`, oldest first, at most `limit`. An id that this log never gave out (another host's, or
   * from before a database was restored) gets everything that is kept.
   */
  replay(id: number, limit: number): FerryEvent[] {
    this.flush();
    const { last } = this.#database
      .prepare("SELECT coalesce(max(id), 0) AS last FROM events")
      .get() as { last: number };
    const rows = this.#database
      .prepare("SELECT id, at, type, subject, data FROM events WHERE id > ? ORDER BY id LIMIT ?")
      .all(id > last ? 0 : id, limit) as unknown as Row[];
    return rows.map((row) => ({ ...row, data: JSON.parse(row.data) as unknown }));
  }

  /** Stored events before position `before` (null: all), newest first, at most `limit`. */
  past(before: number | null, limit: number): FerryEvent[] {
    this.flush();
    const rows = this.#database
      .prepare(
        "SELECT id, at, type, subject, data FROM events WHERE id < ? ORDER BY id DESC LIMIT ?",
      )
      .all(before ?? Number.MAX_SAFE_INTEGER, limit) as unknown as Row[];
    return rows.map((row) => ({ ...row, data: JSON.parse(row.data) as unknown }));
  }

  /** Stores and tells what was published up to now. */
  flush(): void {
    const events = this.#waiting;
    if (events.length === 0) return;
    this.#waiting = [];
    for (const event of this.#store(events)) this.#tell(event);
  }

  [Symbol.dispose](): void {
    this.flush();
    this.#listeners.clear();
  }

  #store(events: readonly FerryEvent[]): FerryEvent[] {
    // N.B. back to FULL whatever happens: the journal shares this connection.
    this.#database.exec("PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE");
    try {
      const insert = this.#database.prepare(
        "INSERT INTO events (at, type, subject, data) VALUES (?, ?, ?, ?)",
      );
      const stored = events.map((event) => {
        const data = JSON.stringify(event.data ?? null);
        const { lastInsertRowid } = insert.run(event.at, event.type, event.subject, data);
        return { ...event, id: Number(lastInsertRowid) };
      });
      this.#prune(stored);
      this.#database.exec("COMMIT");
      return stored;
    } catch {
      // Watchers hear it all the same. A disk that is full ends no agent because of news.
      rollBack(this.#database);
      return [...events];
    } finally {
      this.#database.exec("PRAGMA synchronous = FULL");
    }
  }

  #prune(stored: readonly FerryEvent[]): void {
    this.#stored += stored.length;
    if (this.#stored < pruneEvery) return;
    this.#stored = 0;
    this.#database
      .prepare("DELETE FROM events WHERE id <= (SELECT max(id) FROM events) - ?")
      .run(keptMax);
  }

  #tell(event: FerryEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
