/**
 * The source's end: takes QEMU's migration stream in chunks as they come from its socket and gives batches
 * (page-batch.ts) that say the same in fewer bytes. Memory in use is bounded: the tables, the page cache, and a few
 * batches under way.
 */
import { AdaptiveCompressor, type HeldBy } from "./adaptive-compressor.ts";
import { type EncoderStats, noEncoderStats } from "./encoder-stats.ts";
import { flushBytesMin, flushMs } from "./limits.ts";
import { codings } from "./page-batch.ts";
import { PageBatchWriter } from "./page-batch-writer.ts";
import { cacheSlotsIn } from "./page-cache.ts";
import { PageEncoder, type TargetMemory } from "./page-encoder.ts";
import { RamStreamParser } from "./ram-stream-parser.ts";

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
  readonly #compressor: AdaptiveCompressor;
  #buffer: Buffer;
  #batch: PageBatchWriter;
  #flushTimer: NodeJS.Timeout | undefined;

  constructor(options: MemoryEncoderOptions) {
    this.#options = options;
    this.#compressor = new AdaptiveCompressor({
      jobs: options.jobs,
      send: (pieces, release) => this.#send(pieces, release),
      onThirst: options.onThirst,
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
    this.#compressor.came(chunk.length);
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
    this.#compressor.stop();
  }

  /**
   * What the link drained since the last call.
   * @param held what kept bytes from going out most of that time
   * @param isStarved whether the processors had nothing left
   */
  observeLink(bytesPerSecond: number, held: HeldBy, isStarved = false): void {
    this.#compressor.observeLink(bytesPerSecond, held, isStarved);
  }

  #current(): PageBatchWriter {
    const isFull = this.#batch.dataBytes >= this.#compressor.batchBytes;
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
    const compression = this.#compressor.submit(this.#batch.seal(), this.#buffer);
    this.stats.compression = compression;
    this.stats.compressMs = this.#compressor.compressMs;
    this.#pages.isThorough = this.#compressor.isThoroughnessWorth;
    this.#buffer = this.#compressor.buffer();
    this.#batch = new PageBatchWriter(this.#buffer);
  }

  #send(pieces: Buffer[], release: (() => void) | undefined): void {
    this.stats.batches++;
    if (pieces[0]?.readUInt8(1) === codings.raw) this.stats.batchesRaw++;
    this.stats.bytesOut += pieces.reduce((sum, { length }) => sum + length, 0);
    this.#options.send(pieces, release);
  }
}
