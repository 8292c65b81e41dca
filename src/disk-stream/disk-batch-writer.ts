/** Writes a batch of a disk's stream (disk-batch.ts) into a buffer. Pure. */
import { invariant } from "../base/invariant.ts";
import { bytesHeaderBytes, diskOperations, referenceBytes } from "./disk-batch.ts";

export class DiskBatchWriter {
  readonly #buffer: Buffer;
  #end = 0;
  /** Where the operation `bytes` that is being written begins; undefined when none is. */
  #open: number | undefined;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  get isEmpty(): boolean {
    return this.#end === 0;
  }

  get contentBytes(): number {
    return this.#end;
  }

  /** How many bytes `bytes` would take now. */
  get room(): number {
    return this.#buffer.length - this.#end - (this.#open === undefined ? bytesHeaderBytes : 0);
  }

  /** Appends; answers how many of them found room. */
  bytes(source: Uint8Array): number {
    const taken = Math.min(source.length, Math.max(0, this.room));
    if (taken === 0) return 0;
    this.#open ??= this.#begin();
    this.#buffer.set(taken === source.length ? source : source.subarray(0, taken), this.#end);
    this.#end += taken;
    return taken;
  }

  /** The last so many bytes; they were appended to this batch without anything between. */
  last(count: number): Buffer {
    return this.#buffer.subarray(this.#end - count, this.#end);
  }

  /** Says the last so many bytes by reference instead. */
  replaceLast(count: number, digest: Uint8Array): void {
    invariant(this.#open !== undefined, "what is replaced was written");
    this.#end -= count;
    if (this.#end === this.#open + bytesHeaderBytes) {
      this.#end = this.#open;
      this.#open = undefined;
    }
    this.#close();
    this.#buffer[this.#end] = diskOperations.reference;
    this.#buffer.set(digest, this.#end + 1);
    this.#end += referenceBytes;
  }

  /** The content; the writer is done. */
  seal(): Buffer {
    this.#close();
    return this.#buffer.subarray(0, this.#end);
  }

  #begin(): number {
    const at = this.#end;
    this.#buffer[at] = diskOperations.bytes;
    this.#end += bytesHeaderBytes;
    return at;
  }

  #close(): void {
    if (this.#open === undefined) return;
    this.#buffer.writeUInt32BE(this.#end - this.#open - bytesHeaderBytes, this.#open + 1);
    this.#open = undefined;
  }
}
