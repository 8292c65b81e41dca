/**
 * Takes the bytes of batches as they arrive and has their contents applied, one after the other, while the next ones are
 * being decompressed. Whatever the peer sends, no more is unfolded at a time than these few.
 */
import { FerryError } from "../base/errors.ts";
import { type AssembledBatch, BatchAssembler } from "./batch-assembler.ts";
import { BatchUnfolder } from "./batch-unfolder.ts";
import { badBatch } from "./page-batch.ts";

export interface BatchDecoderOptions {
  /** Puts a batch's content where it belongs; called in the order of the batches, one at a time. */
  readonly apply: (content: Buffer) => Promise<void>;
  /** How many batches are decompressed at once; at least 1. */
  readonly jobs: number;
}

interface WaitingBatch {
  readonly batch: AssembledBatch;
  content: Promise<Buffer> | undefined;
  readonly applied: PromiseWithResolvers<void>;
}

export class BatchDecoder {
  readonly #apply: (content: Buffer) => Promise<void>;
  readonly #jobs: number;
  readonly #assembler = new BatchAssembler();
  readonly #unfolder = new BatchUnfolder();
  readonly #waiting: WaitingBatch[] = [];
  /** Pending while a batch is being applied. */
  #applying: Promise<void> | undefined;
  #failure: FerryError | undefined;

  constructor({ apply, jobs }: BatchDecoderOptions) {
    this.#apply = apply;
    this.#jobs = jobs;
  }

  /**
   * Takes bytes; several calls may be under way. Resolves when every batch that has arrived whole is applied, which is
   * when the bytes may be acknowledged. Rejects with FerryError, from then on always the same: `peer-protocol` for
   * batches that cannot be, else what applying them failed of.
   */
  async write(...chunks: readonly Buffer[]): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      for (const chunk of chunks) this.#assemble(chunk);
    } catch (error) {
      throw this.#fail(error);
    }
    await this.#applied();
  }

  /** No byte follows; resolves when all is applied, rejects if a batch is missing its end. */
  async end(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    await this.#applied();
    if (!this.#assembler.isBetween) throw this.#fail(badBatch("the stream ends within it"));
  }

  /** Nobody wants the rest. Resolves when nothing is applied any more. */
  async stop(): Promise<void> {
    this.#fail(new FerryError("cancelled", "Cannot decode batches: nobody wants it any more"));
    await this.#applying;
  }

  #assemble(chunk: Buffer): void {
    for (const batch of this.#assembler.push(chunk)) {
      const applied = Promise.withResolvers<void>();
      applied.promise.catch(() => {});
      this.#waiting.push({ batch, content: undefined, applied });
    }
  }

  /** What waits now; what comes later is no reason to hold back an acknowledgement. */
  async #applied(): Promise<void> {
    const last = this.#waiting.at(-1);
    if (last === undefined) return;
    this.#applying ??= this.#applyAll();
    await last.applied.promise;
  }

  async #applyAll(): Promise<void> {
    try {
      for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
        const ahead = this.#waiting.slice(0, this.#jobs);
        for (const each of ahead) each.content ??= this.#unfolder.unfold(each.batch);
        const content = await (next.content ?? this.#unfolder.unfold(next.batch));
        await this.#apply(content);
        this.#unfolder.recycle(content);
        this.#assembler.recycle(next.batch.body);
        // A failure meanwhile has told everyone who waits.
        this.#waiting.shift()?.applied.resolve();
      }
    } catch (error) {
      this.#fail(error);
    }
    this.#applying = undefined;
  }

  #fail(error: unknown): FerryError {
    this.#failure ??= FerryError.from(error);
    for (const { applied } of this.#waiting.splice(0)) applied.reject(this.#failure);
    return this.#failure;
  }
}
