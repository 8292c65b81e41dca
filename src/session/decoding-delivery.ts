/**
 * Decodes a stream for the target's QEMU (src/memory/batch-decoder.ts). A frame of memory counts as delivered when the
 * batches that end in it are applied, with the socket or in QEMU's memory: QEMU's estimate of the blackout is made of
 * that. A disk's counts before, while little waits to be applied, or the link would wait for the end of every batch; all
 * but the last one, which tells of a failure too.
 */
import { FerryError } from "../base/errors.ts";
import type { BatchDecoder } from "../memory/batch-decoder.ts";
import type { Delivery } from "./delivery.ts";
import { decodingBytesMax } from "./limits.ts";

export interface DecodingDeliveryOptions {
  /** Whether frames count as delivered before they are applied. */
  readonly countsEarly: boolean;
  /** Called when the decoder will apply nothing any more: closes what it used. */
  readonly closed: () => void;
}

export class DecodingDelivery implements Delivery {
  readonly #decoder: BatchDecoder;
  readonly #options: DecodingDeliveryOptions;
  /** Settles when everything given so far is applied. */
  #applied: Promise<void> = Promise.resolve();
  /** Of the frames that do not count as delivered yet, in their order. */
  readonly #waiting: ((failure?: Error) => void)[] = [];
  #underWayBytes = 0;

  constructor(decoder: BatchDecoder, options: DecodingDeliveryOptions) {
    this.#decoder = decoder;
    this.#options = options;
  }

  /** Several frames at a time, so that a batch is decompressed while the one before it is applied. */
  get hasRoom(): boolean {
    return this.#underWayBytes < decodingBytesMax;
  }

  deliver(pieces: readonly Buffer[], done: (failure?: Error) => void): void {
    const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
    this.#underWayBytes += bytes;
    this.#waiting.push(done);
    if (this.#options.countsEarly) process.nextTick(() => this.#countEarly());
    this.#follow(this.#decoder.write(...pieces), (failure) => {
      this.#underWayBytes -= bytes;
      // Those that were given before it are applied too, or failed of the same.
      const counted = this.#waiting.splice(0, this.#waiting.indexOf(done) + 1);
      for (const each of counted) each(failure);
      this.#countEarly();
    });
  }

  end(done: (failure?: Error) => void): void {
    this.#follow(this.#decoder.end(), done);
  }

  close(): void {
    // Writes under way would go to whatever file takes the number of one that is closed.
    void this.#decoder.stop().then(this.#options.closed);
  }

  #countEarly(): void {
    if (!this.#options.countsEarly || !this.hasRoom) return;
    const counted = this.#waiting.splice(0, this.#waiting.length - 1);
    for (const each of counted) each();
  }

  #follow(work: Promise<unknown>, settled: (failure?: Error) => void): void {
    this.#applied = Promise.all([this.#applied, work]).then(() => {});
    this.#applied.then(
      () => settled(),
      (error: unknown) => settled(FerryError.from(error)),
    );
  }
}
