/**
 * The source's end: takes QEMU's migration stream in chunks as they come from its socket and gives batches
 * (page-batch.ts) that say the same in fewer bytes. Memory in use is bounded: the tables, the page cache, and a few
 * batches under way.
 */
import { BatchCompressor } from "./batch-compressor.ts";
import {
  afterBatch,
  afterIncompressible,
  afterLink,
  batchBytesFor,
  type Bottleneck,
  chooseCompression,
  compressionUnmeasured,
  isThoroughnessWorth,
} from "./compression-level.ts";
import { type EncoderStats, noEncoderStats } from "./encoder-stats.ts";
import { flushBytesMin, flushMs } from "./limits.ts";
import { codings } from "./page-batch.ts";
import { PageBatchWriter } from "./page-batch-writer.ts";
import { cacheSlotsIn } from "./page-cache.ts";
import { PageEncoder, type TargetMemory } from "./page-encoder.ts";
import { RamStreamParser } from "./ram-stream-parser.ts";

/** While nothing is compressed, one batch in so many is all the same, to learn whether it would pay by now. */
const trialEvery = 16;

export interface MemoryEncoderOptions {
  readonly target: TargetMemory;
  /** Memory for versions of pages to make differences to; no more than the target allows. 0 makes none. */
  readonly pageCacheBytes: number;
  /** How many batches are compressed at once; at least 1. */
  readonly jobs: number;
  /**
   * Sends a batch: the pieces in order, kept by the receiver. Called in the order of the batches. `release`, where there
   * is one, may be called once nobody holds the last piece: its memory is used again.
   */
  readonly send: (pieces: Buffer[], release?: () => void) => void;
  /** `isThirsty` turned true. */
  readonly onThirst: () => void;
}

export class MemoryEncoder {
  readonly stats: EncoderStats = noEncoderStats();
  readonly #options: MemoryEncoderOptions;
  readonly #parser: RamStreamParser;
  readonly #pages: PageEncoder;
  readonly #compressor: BatchCompressor;
  #knowledge = compressionUnmeasured;
  #buffer: Buffer;
  #batch: PageBatchWriter;
  #flushTimer: NodeJS.Timeout | undefined;
  /** Since the link was last looked at. */
  #look = { at: performance.now(), bytesIn: 0, batches: 0, full: 0 };
  #isStopped = false;
  /** How many batches in a row were not worth compressing. */
  #rawBatches = 0;

  constructor(options: MemoryEncoderOptions) {
    this.#options = options;
    this.#compressor = new BatchCompressor(options.jobs, {
      send: (pieces, release) => this.#send(pieces, release),
      measured: (measurement) => {
        this.stats.compressMs += measurement.seconds * 1000;
        this.#knowledge = afterBatch(this.#knowledge, measurement);
      },
      incompressible: () => {
        this.#knowledge = afterIncompressible(this.#knowledge);
      },
      thirst: () => {
        if (!this.#isStopped) options.onThirst();
      },
    });
    this.#buffer = this.#compressor.buffer();
    this.#batch = new PageBatchWriter(this.#buffer);
    const cacheSlots = cacheSlotsIn(options.pageCacheBytes);
    this.#batch.open(cacheSlots);
    const batches = { current: () => this.#current(), fresh: () => this.#fresh() };
    this.#pages = new PageEncoder(options.target, cacheSlots, batches, this.stats);
    this.#parser = new RamStreamParser(this.#pages);
  }

  /** Whether it can take more now; if not, wait for `onThirst`. What is written all the same is kept. */
  get isThirsty(): boolean {
    return this.#compressor.isThirsty;
  }

  /** Takes a chunk of QEMU's stream; it may be used again when this returns. */
  write(chunk: Buffer): void {
    this.stats.bytesIn += chunk.length;
    this.#parser.push(chunk);
  }

  /**
   * QEMU's socket is empty at the moment: what waits for a batch to fill goes out, at once if it is much or if memory
   * has ended, else in a moment unless more comes.
   */
  flush(): void {
    if (this.#batch.isEmpty) return;
    if (this.stats.memoryEnded || this.#batch.dataBytes >= flushBytesMin) this.#seal();
    else this.#flushTimer ??= setTimeout(() => this.#seal(), flushMs);
  }

  /** The stream is over; resolves when the last batch was sent. */
  async end(): Promise<void> {
    this.#parser.end();
    if (!this.#batch.isEmpty) this.#seal();
    await this.#compressor.drained();
  }

  /** Nobody wants the rest: nothing is sent any more. */
  stop(): void {
    clearTimeout(this.#flushTimer);
    this.#isStopped = true;
  }

  /**
   * What the link drained since the last call.
   * @param isLinkBusy whether bytes were waiting for the link all that time
   * @param isStarved whether the processors had nothing left: QEMU gives little then because compression takes them
   */
  observeLink(bytesPerSecond: number, isLinkBusy: boolean, isStarved = false): void {
    const { at, bytesIn, batches, full } = this.#look;
    const now = performance.now();
    const isFull = full > batches / 2;
    const ownLimit: Bottleneck = isFull || (isStarved && batches > 0) ? "compressor" : "source";
    const bottleneck: Bottleneck = isLinkBusy ? "link" : ownLimit;
    const guestBytesPerSecond = ((this.stats.bytesIn - bytesIn) / (now - at)) * 1000;
    this.#look = { at: now, bytesIn: this.stats.bytesIn, batches: 0, full: 0 };
    const look = { bytesPerSecond, bottleneck, guestBytesPerSecond };
    this.#knowledge = afterLink(this.#knowledge, look);
  }

  #current(): PageBatchWriter {
    const isFull = this.#batch.dataBytes >= batchBytesFor(this.#knowledge);
    if (isFull || !this.#batch.hasRoom) this.#seal();
    return this.#batch;
  }

  #fresh(): PageBatchWriter {
    if (this.#batch.dataBytes > 0) this.#seal();
    return this.#batch;
  }

  #seal(): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    const compression = chooseCompression(this.#knowledge, this.#options.jobs);
    this.#knowledge = { ...this.#knowledge, current: compression };
    this.stats.compression = compression;
    this.#pages.isThorough = isThoroughnessWorth(this.#knowledge);
    this.#rawBatches = compression === "raw" ? this.#rawBatches + 1 : 0;
    const isTrial = this.#rawBatches % trialEvery === trialEvery - 1;
    this.#compressor.submit(this.#batch.seal(), this.#buffer, isTrial ? 1 : compression);
    this.#look.batches++;
    // More to compress than jobs to do it.
    if (!this.#compressor.isThirsty) this.#look.full++;
    this.#buffer = this.#compressor.buffer();
    this.#batch = new PageBatchWriter(this.#buffer);
  }

  #send(pieces: Buffer[], release: (() => void) | undefined): void {
    if (this.#isStopped) return;
    this.stats.batches++;
    if (pieces[0]?.readUInt8(1) === codings.raw) this.stats.batchesRaw++;
    this.stats.bytesOut += pieces.reduce((sum, { length }) => sum + length, 0);
    this.#options.send(pieces, release);
  }
}
