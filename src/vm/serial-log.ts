/**
 * What one guest has written to its serial port, the last of it: QEMU's port takes one listener and forgets what nobody
 * reads, so the agent listens all the time, keeps the end, and gives it to whoever wants to watch.
 */
import { randomUUID } from "node:crypto";
import { connect, type Socket } from "node:net";

/** Some thousand lines: a boot with all its messages. */
export const serialBytesKept = 256 * 1024;

/** How a log begins: with the guest's own start, in the middle (the agent was away), or as the guest arrives. */
export type SerialBeginning = "at the start" | "in the middle" | "on arrival";

export interface SerialWatcher {
  readonly onBytes: (bytes: Buffer) => void;
  /** The guest's port is closed: its process ended, here at least. */
  readonly onEnd: () => void;
}

export class SerialLog {
  readonly id = randomUUID();
  readonly begins: SerialBeginning;
  readonly #socket: Socket;
  readonly #watchers = new Set<SerialWatcher>();
  #pieces: Buffer[] = [];
  #keptBytes = 0;
  #end = 0;
  #ended = false;
  /** The log of the host that the guest came from, which ends where this one begins: at position 0. */
  #before: { readonly id: string; readonly end: number } | undefined;

  constructor(path: string, begins: SerialBeginning) {
    this.begins = begins;
    this.#socket = connect(path);
    this.#socket.on("data", (bytes: Buffer) => this.#take(bytes));
    // What broke it does not matter: its end is what watchers are told.
    this.#socket.on("error", () => undefined);
    this.#socket.on("close", () => {
      this.#ended = true;
      for (const watcher of this.#watchers) watcher.onEnd();
      this.#watchers.clear();
    });
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  /**
   * The guest came from another host, whose log ended with these bytes. They lie before position 0. `end`: its length in
   * its own positions.
   */
  precede(id: string, bytes: Buffer, end: number): void {
    if (this.#before !== undefined) return;
    this.#before = { id, end };
    this.#pieces.unshift(bytes);
    this.#keptBytes += bytes.length;
    this.#forget();
  }

  /** Where in this log a reader goes on who has read so far in another: undefined where that does not lead into this one. */
  positionOf(id: string, after: number): number | undefined {
    if (id === this.id) return after;
    return id === this.#before?.id ? after - this.#before.end : undefined;
  }

  /** The position after the last byte. */
  get end(): number {
    return this.#end;
  }

  /** What is kept from `after` on, and the position where it begins; `gap` when that lies later than asked for. */
  read(after: number): { readonly from: number; readonly gap: boolean; readonly bytes: Buffer } {
    const first = this.#end - this.#keptBytes;
    const from = Math.min(Math.max(after, first), this.#end);
    const kept = Buffer.concat(this.#pieces);
    return { from, gap: after < first, bytes: kept.subarray(from - first) };
  }

  watch(watcher: SerialWatcher): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** What a person types. */
  write(bytes: Buffer): void {
    if (!this.#ended) this.#socket.write(bytes);
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    this.#pieces.push(bytes);
    this.#keptBytes += bytes.length;
    this.#end += bytes.length;
    this.#forget();
    for (const watcher of this.#watchers) watcher.onBytes(bytes);
  }

  #forget(): void {
    while (this.#keptBytes - (this.#pieces[0]?.length ?? 0) >= serialBytesKept) {
      this.#keptBytes -= this.#pieces.shift()?.length ?? 0;
    }
  }
}
