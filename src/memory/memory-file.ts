/**
 * A guest's memory in the file that is its QEMU's address space, written page by page while QEMU waits. Pages gather until
 * `settle`, the latest version of each; then neighbours are written together, and large runs in parallel.
 *
 * Reads and small writes are synchronous: the file is memory, where a system call of a microsecond beats a round trip
 * through the thread pool, and the thread is the data path's own.
 */
import { readSync, writev, writevSync } from "node:fs";
import { promisify } from "node:util";
import { FerryError } from "../base/errors.ts";
import { batchPagesMax, pageBytes, placedWritesMax } from "./limits.ts";
import { PageBits } from "./page-bits.ts";
import { applyDelta, pageWords } from "./page-delta.ts";
import { runsOf, type WriteRun } from "./write-runs.ts";

const writeParallel = promisify(writev);
/** From here on a thread of the pool copies faster than the round trip to it takes. */
const parallelBytesMin = 64 * 1024;
const zeros = Buffer.alloc(64 * pageBytes);

export interface MemoryPlace {
  /** Where in the file the memory begins, and how much of it there is. */
  readonly address: number;
  readonly bytes: number;
  /** None of it was ever written: it reads as zeros, and its empty pages need no look. */
  readonly isEmpty: boolean;
}

export class MemoryFile {
  readonly #fd: number;
  readonly #address: number;
  /** Pages that may hold something else than zeros, there or waiting. */
  readonly #written: PageBits;
  /** What is to be written, by page. */
  readonly #waiting = new Map<number, Uint8Array>();
  /** Pages made here, of differences and references: as many as a batch may have, used again after each. */
  readonly #made = new Int32Array(batchPagesMax * pageWords);
  readonly #madeBytes = new Uint8Array(this.#made.buffer);
  #madePages = 0;

  /** @param fd open for reading and writing; stays the caller's, who closes it after the last call */
  constructor(fd: number, { address, bytes, isEmpty }: MemoryPlace) {
    this.#fd = fd;
    this.#address = address;
    this.#written = new PageBits(bytes / pageBytes, !isEmpty);
  }

  /** Pages from `first` on; the bytes must not change before `settle` resolves. */
  put(first: number, data: Uint8Array): void {
    for (let at = 0; at < data.length; at += pageBytes) {
      this.#putOne(first + at / pageBytes, data.subarray(at, at + pageBytes));
    }
  }

  /** Throws `peer-protocol` if the difference is none. */
  applyDelta(page: number, delta: Uint8Array): void {
    const made = this.#copyOf(page);
    applyDelta(delta, this.#made, made * pageWords);
    this.#putOne(page, this.#madePage(made));
  }

  /** Makes a page like another is now. */
  copy(page: number, from: number): void {
    this.#putOne(page, this.#madePage(this.#copyOf(from)));
  }

  /** Empties pages; those that were never written take no memory still. */
  async zero(first: number, count: number): Promise<void> {
    if (!this.#written.any(first, count)) return;
    await this.settle();
    for (const run of this.#written.runs(first, count, zeros.length / pageBytes)) {
      this.#zeroRun(run.first, run.count);
    }
    this.#written.clear(first, count);
  }

  /** Writes what waits; resolves when QEMU would see all of it. Rejects with `system-refused`. */
  async settle(): Promise<void> {
    const runs = runsOf(this.#waiting);
    const large = runs.filter(({ bytes }) => bytes >= parallelBytesMin);
    const small = runs.filter(({ bytes }) => bytes < parallelBytesMin);
    const next = large.values();
    const writer = async () => {
      for (const run of next) await this.#writeLarge(run);
    };
    const writers = Array.from({ length: Math.min(placedWritesMax, large.length) }, writer);
    const underWay = Promise.all(writers);
    try {
      for (const run of small) this.#writeSmall(run);
    } finally {
      // The buffers are not the caller's again before the last write is over.
      await underWay;
    }
    this.#waiting.clear();
    this.#madePages = 0;
  }

  #putOne(page: number, data: Uint8Array): void {
    this.#waiting.set(page, data);
    this.#written.set(page);
  }

  /** Copies the page as it is now to the made ones, and returns its number there. */
  #copyOf(page: number): number {
    const made = this.#madePages++;
    const to = this.#madePage(made);
    const waiting = this.#waiting.get(page);
    if (waiting !== undefined) to.set(waiting);
    else this.#read(to, page);
    return made;
  }

  #madePage(made: number): Uint8Array {
    return this.#madeBytes.subarray(made * pageBytes, (made + 1) * pageBytes);
  }

  #zeroRun(first: number, count: number): void {
    const found = Buffer.allocUnsafe(count * pageBytes);
    this.#read(found, first);
    for (let index = 0; index < count; index++) {
      const page = found.subarray(index * pageBytes, (index + 1) * pageBytes);
      if (page.equals(zeros.subarray(0, pageBytes))) continue;
      const empty = zeros.subarray(0, pageBytes);
      this.#writeSmall({ first: first + index, bytes: pageBytes, pieces: [empty] });
    }
  }

  #read(to: Uint8Array, page: number): void {
    try {
      const length = readSync(this.#fd, to, 0, to.length, this.#address + page * pageBytes);
      if (length === to.length) return;
    } catch (cause) {
      throw unplaced("read", page, cause);
    }
    throw unplaced("read", page, undefined);
  }

  #writeSmall({ first, bytes, pieces }: WriteRun): void {
    try {
      if (writevSync(this.#fd, pieces, this.#address + first * pageBytes) === bytes) return;
    } catch (cause) {
      throw unplaced("write", first, cause);
    }
    throw unplaced("write", first, undefined);
  }

  async #writeLarge({ first, bytes, pieces }: WriteRun): Promise<void> {
    let written = 0;
    try {
      ({ bytesWritten: written } = await writeParallel(
        this.#fd,
        pieces,
        this.#address + first * pageBytes,
      ));
    } catch (cause) {
      throw unplaced("write", first, cause);
    }
    if (written !== bytes) throw unplaced("write", first, undefined);
  }
}

function unplaced(action: "read" | "write", page: number, cause: unknown): FerryError {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return new FerryError(
    "system-refused",
    `Cannot ${action} the guest's memory at page ${page}: ${code ?? "QEMU has ended"}, whole pages wanted`,
    { cause, remedy: "Read why in the log of the target's agent, then start the move again." },
  );
}
