/**
 * Compresses batches as hard as pays at the moment (compression-level.ts): measures the compressor with every batch, and
 * is told what the link drains. Knows nothing of what the batches say.
 */
import { BatchCompressor } from "./batch-compressor.ts";
import {
  afterBatch,
  afterIncompressible,
  afterLink,
  batchBytesFor,
  type Bottleneck,
  changedTo,
  chooseCompression,
  type Compression,
  compressionUnmeasured,
  isThoroughnessWorth,
} from "./compression-level.ts";

/** One batch in so many is compressed at level 1, by which everything else is judged: nothing at all, or another level. */
const trialEvery = 16;

/** What kept bytes from going out: the link; the other host, which did not apply them; or nothing did. */
export type HeldBy = "link" | "peer" | "nothing";

/** Of what the link drained when it was full. */
const asSeenMin = 0.75;

export interface AdaptiveCompressorOptions {
  /** How many batches are compressed at once; at least 1. */
  readonly jobs: number;
  /** How many batches may wait for a job; none by default. */
  readonly ahead?: number;
  /**
   * Sends a batch: the pieces in order, kept by the receiver. Called in the order of the batches. `release`, where there
   * is one, may be called once nobody holds the last piece: its memory is used again.
   */
  readonly send: (pieces: Buffer[], release: (() => void) | undefined) => void;
  /** `isThirsty` turned true. */
  readonly onThirst: () => void;
}

export class AdaptiveCompressor {
  /** Time that jobs took, all together. */
  compressMs = 0;
  readonly #jobs: number;
  readonly #compressor: BatchCompressor;
  #knowledge = compressionUnmeasured;
  /** Since the link was last looked at. */
  #look = { at: performance.now(), bytesIn: 0, batches: 0, full: 0 };
  #bytesIn = 0;
  /** How many batches in a row were not compressed at level 1. */
  #otherBatches = 0;
  #isStopped = false;

  constructor(options: AdaptiveCompressorOptions) {
    this.#jobs = options.jobs;
    this.#compressor = new BatchCompressor(options.jobs, options.ahead ?? 0, {
      send: (pieces, release) => {
        if (!this.#isStopped) options.send(pieces, release);
      },
      measured: (measurement) => {
        this.compressMs += measurement.seconds * 1000;
        this.#knowledge = afterBatch(this.#knowledge, measurement);
      },
      incompressible: () => {
        this.#knowledge = afterIncompressible(this.#knowledge);
      },
      thirst: () => {
        if (!this.#isStopped) options.onThirst();
      },
    });
  }

  /** Whether another batch would be compressed at once, or wait as `ahead` allows. */
  get isThirsty(): boolean {
    return this.#compressor.isThirsty;
  }

  /** Whether processor time spent on finding what needs not be sent pays. */
  get isThoroughnessWorth(): boolean {
    return isThoroughnessWorth(this.#knowledge);
  }

  /** How much a batch should hold, bytes. */
  get batchBytes(): number {
    return batchBytesFor(this.#knowledge);
  }

  /** A buffer for the next batch's content. */
  buffer(): Buffer {
    return this.#compressor.buffer();
  }

  /** So many bytes came to be sent; what the source of them gives is judged by it. */
  came(bytes: number): void {
    // What was before the first byte is no time that anything took.
    if (this.#bytesIn === 0) this.#look.at = performance.now();
    this.#bytesIn += bytes;
  }

  /** Takes a batch's content and the buffer it lies in, for good. Says how batches are compressed now. */
  submit(content: Buffer, buffer: Buffer): Compression {
    const compression = chooseCompression(this.#knowledge, this.#jobs);
    const { current } = this.#knowledge;
    if (compression !== current) this.#knowledge = changedTo(this.#knowledge, compression);
    this.#otherBatches = compression === 1 ? 0 : this.#otherBatches + 1;
    const isTrial = this.#otherBatches % trialEvery === trialEvery - 1;
    this.#compressor.submit(content, buffer, isTrial ? 1 : compression);
    this.#look.batches++;
    // More to compress than jobs to do it.
    if (!this.#compressor.isThirsty) this.#look.full++;
    return compression;
  }

  /** Resolves when everything submitted was sent. */
  async drained(): Promise<void> {
    await this.#compressor.drained();
  }

  /** Nobody wants the rest: nothing is sent any more. */
  stop(): void {
    this.#isStopped = true;
  }

  /**
   * What the link drained since the last call.
   * @param held what kept bytes from going out most of that time
   * @param isStarved whether the processors had nothing left: compression, which takes them, is blamed then for what waits, be it
   *   QEMU, which gives little, or the link, which a host without a processor to spare reads slowly
   */
  observeLink(bytesPerSecond: number, held: HeldBy, isStarved = false): void {
    const { at, bytesIn, batches, full } = this.#look;
    const now = performance.now();
    const isFull = full > batches / 2;
    const { current, linkBytesPerSecond, isLinkKnown } = this.#knowledge;
    // One that is known, and takes about as much now, is full.
    const isAsSeen = isLinkKnown && bytesPerSecond >= asSeenMin * linkBytesPerSecond;
    const isDoubtful = isStarved && current !== "raw" && !isAsSeen;
    const isOwn = isFull || held === "peer" || (isStarved && batches > 0);
    const isLink = held === "link" && !isDoubtful;
    const bottleneck: Bottleneck = isLink ? "link" : isOwn ? "compressor" : "source";
    const guestBytesPerSecond = ((this.#bytesIn - bytesIn) / (now - at)) * 1000;
    this.#look = { at: now, bytesIn: this.#bytesIn, batches: 0, full: 0 };
    const look = { bytesPerSecond, bottleneck, guestBytesPerSecond };
    this.#knowledge = afterLink(this.#knowledge, look);
  }
}
