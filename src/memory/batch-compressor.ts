/**
 * Compresses batches, several at once on libuv's threads, and gives them on in the order they came. One-shot jobs
 * with a length header, since zstd's own threads and node:zlib's streams lose data (docs/decisions/0007).
 */
import { constants, zstdCompress } from "node:zlib";
import type { BatchMeasurement, Compression } from "./compression-level.ts";
import { isIncompressible } from "./entropy.ts";
import { codings, encodeBatchHeader } from "./page-batch.ts";
import { batchBufferBytes } from "./page-batch-writer.ts";

/** Not worth a job: a few records of the stream's beginning. */
const worthwhileBytes = 128;

/** The weight of one batch in the mean, how far above it most batches stay, and the least that zlib takes kindly. */
const shrinkageWeight = 0.2;
const shrinkageMargin = 1.3;
const outputBytesMin = 16 * 1024;

interface Job {
  readonly number: number;
  readonly content: Buffer;
  readonly buffer: Buffer;
  readonly compression: Compression;
  /** What is to be sent, once it is known. */
  pieces: Buffer[] | undefined;
  release: (() => void) | undefined;
}

export interface BatchCompressorEvents {
  /** The next batch in order: its header and its body. `release`: the body's memory may be used again after it. */
  send: (pieces: Buffer[], release: (() => void) | undefined) => void;
  measured: (measurement: BatchMeasurement) => void;
  /** A batch was not worth a job. */
  incompressible: () => void;
  /** There is room for another batch, after there was none. */
  thirst: () => void;
}

export class BatchCompressor {
  readonly #jobsMax: number;
  readonly #events: BatchCompressorEvents;
  /** In order: done, under way, waiting. */
  readonly #jobs: Job[] = [];
  #running = 0;
  /** The mean of body ÷ content of late. */
  #shrinkage = 0.5;
  #number = 0;
  readonly #spare: Buffer[] = [];
  #idle: PromiseWithResolvers<void> | undefined;

  constructor(jobsMax: number, events: BatchCompressorEvents) {
    this.#jobsMax = jobsMax;
    this.#events = events;
  }

  /** A buffer for the next batch. */
  buffer(): Buffer {
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(batchBufferBytes);
  }

  /** Whether another batch would be compressed at once. */
  get isThirsty(): boolean {
    return this.#jobs.length < this.#jobsMax;
  }

  get isIdle(): boolean {
    return this.#jobs.length === 0;
  }

  /** Takes a batch's content and the buffer it lies in, for good. */
  submit(content: Buffer, buffer: Buffer, compression: Compression): void {
    const job: Job = {
      ...{ number: this.#number, content, buffer, compression },
      ...{ pieces: undefined, release: undefined },
    };
    this.#number = (this.#number + 1) >>> 0;
    this.#jobs.push(job);
    const isSmall = content.length < worthwhileBytes;
    const isHopeless = compression !== "raw" && !isSmall && isIncompressible(content);
    if (isHopeless) this.#events.incompressible();
    if (compression === "raw" || isSmall || isHopeless) this.#leaveRaw(job);
    this.#advance();
  }

  /** Resolves when everything submitted was sent. */
  async drained(): Promise<void> {
    if (this.isIdle) return;
    this.#idle ??= Promise.withResolvers();
    await this.#idle.promise;
  }

  #advance(): void {
    const wasThirsty = this.isThirsty;
    for (let job = this.#jobs[0]; job?.pieces !== undefined; job = this.#jobs[0]) {
      this.#jobs.shift();
      this.#events.send(job.pieces, job.release);
    }
    const started = this.#jobs.filter(({ pieces }) => pieces === undefined);
    for (const job of started.slice(this.#running, this.#jobsMax)) this.#compress(job);
    if (this.isThirsty && !wasThirsty) this.#events.thirst();
    if (this.isIdle) this.#idle?.resolve();
  }

  #compress(job: Job): void {
    const { compression, content } = job;
    if (compression === "raw") return this.#leaveRaw(job);
    this.#running++;
    const startedAt = performance.now();
    const params = { [constants.ZSTD_c_compressionLevel]: compression };
    const chunkSize = this.#expectedBytes(content.length);
    zstdCompress(content, { params, chunkSize }, (error, body: Buffer) => {
      this.#running--;
      // Compression that fails, or gives nothing, is no reason to fail a move.
      if (error === null && body.length > 0 && body.length < content.length) {
        const seconds = (performance.now() - startedAt) / 1000;
        const lengths = { contentBytes: content.length, bodyBytes: body.length };
        this.#shrinkage += shrinkageWeight * (body.length / content.length - this.#shrinkage);
        this.#events.measured({ level: compression, ...lengths, seconds });
        job.pieces = [
          encodeBatchHeader({ coding: codings.zstd, number: job.number, ...lengths }),
          body,
        ];
        this.#spare.push(job.buffer);
      } else {
        this.#leaveRaw(job);
      }
      this.#advance();
    });
  }

  /**
   * One piece of output, since each further one is another trip through the thread pool; and no more memory than it is
   * likely to take, since fresh memory costs more than the trip.
   */
  #expectedBytes(contentBytes: number): number {
    const likely = Math.ceil(contentBytes * this.#shrinkage * shrinkageMargin);
    return Math.max(outputBytesMin, Math.min(contentBytes, likely));
  }

  #leaveRaw(job: Job): void {
    const length = job.content.length;
    const header = { number: job.number, bodyBytes: length, contentBytes: length };
    // A few bytes shall not hold a whole buffer until they are acknowledged.
    const isSmall = length < batchBufferBytes / 4;
    const body = isSmall ? Buffer.from(job.content) : job.content;
    if (isSmall) this.#spare.push(job.buffer);
    else job.release = () => this.#spare.push(job.buffer);
    job.pieces = [encodeBatchHeader({ coding: codings.raw, ...header }), body];
  }
}
