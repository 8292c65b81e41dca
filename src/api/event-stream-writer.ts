/**
 * One watcher's event stream: first what it missed, then what happens. A watcher that reads too slowly is dropped: it
 * comes back with the last id it saw and misses nothing but progress.
 */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { FerryEvent } from "./schema/event.ts";

/** What may wait for a slow watcher: seconds of a busy host's events. */
const waitingBytesMax = 1024 * 1024;
/** Keeps a quiet stream alive through proxies and lets both ends notice a dead one. */
const heartbeatMs = 15_000;
/** What a watcher waits before it comes back. */
const retryMs = 1_000;
/** Stored events read and written at once. */
const pageSize = 200;

/** What a stream is made of: what was missed, and what happens from then on. */
export interface EventSource {
  replay(after: number, limit: number): FerryEvent[];
  subscribe(listener: (event: FerryEvent) => void): () => void;
}

export class EventStreamWriter {
  readonly #events: EventSource;
  readonly #response: ServerResponse;
  readonly #done = Promise.withResolvers<void>();
  #unsubscribe: (() => void) | undefined;
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(events: EventSource, response: ServerResponse) {
    this.#events = events;
    this.#response = response;
    response.once("close", () => {
      this.#unsubscribe?.();
      clearInterval(this.#heartbeat);
      this.#done.resolve();
    });
  }

  /** Resolves when the watcher is gone. */
  get closed(): Promise<void> {
    return this.#done.promise;
  }

  /** @param after id of the last event that the watcher saw; undefined for what happens from now on. */
  async start(after: number | undefined): Promise<void> {
    this.#response.write(`retry: ${retryMs}\n\n`);
    if (after !== undefined) await this.#replay(after);
    if (this.#response.destroyed) return;
    // N.B. in the same turn as the replay's last, empty page: no event falls in between.
    this.#unsubscribe = this.#events.subscribe((event) => this.#write(event));
    this.#heartbeat = setInterval(() => this.#response.write(":\n\n"), heartbeatMs).unref();
  }

  end(): void {
    this.#response.end();
  }

  async #replay(after: number): Promise<void> {
    let last = after;
    for (;;) {
      const page = this.#events.replay(last, pageSize);
      if (page.length === 0 || this.#response.destroyed) return;
      last = page.at(-1)?.id ?? last;
      const room = this.#response.write(page.map(formatEvent).join(""));
      if (!room) await Promise.race([once(this.#response, "drain"), this.closed]);
    }
  }

  #write(event: FerryEvent): void {
    this.#response.write(formatEvent(event));
    if (this.#response.writableLength > waitingBytesMax) this.#response.destroy();
  }
}

/** JSON holds no line break, so that one `data:` line carries any event. */
export function formatEvent(event: FerryEvent): string {
  const id = event.id === null ? "" : `id: ${event.id}\n`;
  return `${id}data: ${JSON.stringify(event)}\n\n`;
}
