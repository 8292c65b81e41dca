/** Puts batches together again from bytes cut anywhere. A body's memory is taken only once its header was believed. */
import { type BatchHeader, batchHeaderBytes, decodeBatchHeader } from "./page-batch.ts";

export interface AssembledBatch {
  readonly header: BatchHeader;
  readonly body: Buffer;
}

export class BatchAssembler {
  readonly #headerBytes = Buffer.alloc(batchHeaderBytes);
  #header: BatchHeader | undefined;
  #body: Buffer = Buffer.alloc(0);
  /** Bytes of the header, or else of the body, that are here. */
  #filled = 0;
  #number = 0;

  /** Whether no batch has begun and not ended. */
  get isBetween(): boolean {
    return this.#header === undefined && this.#filled === 0;
  }

  /** The batches that end in the chunk. Throws `peer-protocol` at a header that cannot be. */
  *push(chunk: Buffer): Generator<AssembledBatch, void, undefined> {
    let at = 0;
    while (at < chunk.length) {
      if (this.#header === undefined) {
        at += this.#fill(this.#headerBytes, chunk, at);
        if (this.#filled < batchHeaderBytes) return;
        this.#header = decodeBatchHeader(this.#headerBytes, this.#number);
        this.#body = Buffer.allocUnsafeSlow(this.#header.bodyBytes);
        this.#filled = 0;
      }
      at += this.#fill(this.#body, chunk, at);
      if (this.#filled < this.#body.length) return;
      const batch = { header: this.#header, body: this.#body };
      this.#header = undefined;
      this.#filled = 0;
      this.#number = (this.#number + 1) >>> 0;
      yield batch;
    }
  }

  #fill(to: Buffer, chunk: Buffer, at: number): number {
    const copied = chunk.copy(to, this.#filled, at);
    this.#filled += copied;
    return copied;
  }
}
