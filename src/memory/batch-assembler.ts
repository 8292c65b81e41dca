/**
 * Puts batches together again from bytes cut anywhere. A body's memory is taken only once its header was believed, and used
 * again when its batch is done: fresh memory for each costs more than what is done with it.
 */
import { contentBytesMax } from "./limits.ts";
import { type BatchHeader, batchHeaderBytes, decodeBatchHeader } from "./page-batch.ts";

/** As many as are being unfolded at once; bodies smaller than this part of the largest are not worth keeping. */
const sparesMax = 8;
const smallPart = 1 / 8;

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
  readonly #spares: Buffer[] = [];

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
        this.#body = this.#take(this.#header.bodyBytes);
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

  /** Nobody holds anything of the body any more. */
  recycle(body: Buffer): void {
    const isWhole = body.buffer.byteLength === contentBytesMax;
    if (isWhole && this.#spares.length < sparesMax) this.#spares.push(Buffer.from(body.buffer));
  }

  #take(bytes: number): Buffer {
    if (bytes < contentBytesMax * smallPart) return Buffer.allocUnsafeSlow(bytes);
    const whole = this.#spares.pop() ?? Buffer.allocUnsafeSlow(contentBytesMax);
    return whole.subarray(0, bytes);
  }

  #fill(to: Buffer, chunk: Buffer, at: number): number {
    const copied = chunk.copy(to, this.#filled, at);
    this.#filled += copied;
    return copied;
  }
}
