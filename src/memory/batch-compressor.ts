/**
 * Compresses batches, several at once on libuv's threads, and gives them on in the order they came. Each is a frame of its
 * own behind a length header, since zstd's own threads and node:zlib's streams lose data (docs/decisions/0007).
 */
import type { BatchMeasurement, Compression } from "./compression-level.ts";
import { isIncompressible } from "./entropy.ts";
import { codings, encodeBatchHeader } from "./page-batch.ts";
import { batchBufferBytes } from "./page-batch-writer.ts";
import { compressedBytesMax, compressionContext, type ZstdContext } from "./zstd-context.ts";

/** Not worth a job: a few records of the stream's beginning. */
const worthwhileBytes = 128;

/** zstd compresses in one go, without copies of its own, into what would hold the batch even if it did not shrink. */
const outputBytes = compressedBytesMax(batchBufferBytes);
/** What is kept for use again; more are on their way only where the link is long. */
const spareOutputsMax = 16;
/** A body that is so small a part of its memory is copied out of it rather than to hold all of it until it is acknowledged. */
const smallPart = 1 / 64;

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
  readonly #ahead: number;
  readonly #events: BatchCompressorEvents;
  /** In order: done, under way, waiting. */
  readonly #jobs: Job[] = [];
  #running = 0;
  #number = 0;
  readonly #spare: Buffer[] = [];
  readonly #spareOutputs: Buffer[] = [];
  /** Those that are idle, by their level. */
  readonly #contexts = new Map<number, ZstdContext[]>();
  #idle: PromiseWithResolvers<void> | undefined;

  /** @param ahead batches that may wait for a job */
  constructor(jobsMax: number, ahead: number, events: BatchCompressorEvents) {
    this.#jobsMax = jobsMax;
    this.#ahead = ahead;
    this.#events = events;
  }

  /** A buffer for the next batch. */
  buffer(): Buffer {
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(batchBufferBytes);
  }

  /** Whether another batch would be compressed at once, or need not wait long. */
  get isThirsty(): boolean {
    return this.#jobs.length < this.#jobsMax + this.#ahead;
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
    const context = this.#takeContext(compression);
    const output = this.#spareOutputs.pop() ?? Buffer.allocUnsafeSlow(outputBytes);
    context.run(content, output).then(
      (bytes) => {
        this.#running--;
        this.#giveContext(context, compression);
        if (bytes === undefined || bytes === 0 || bytes >= content.length) {
          this.#keepOutput(output);
          this.#leaveRaw(job);
        } else {
          const seconds = (performance.now() - startedAt) / 1000;
          this.#compressed(job, compression, output, bytes, seconds);
        }
        this.#advance();
      },
      // Compression that fails is no reason to fail a move.
      () => {
        this.#running--;
        this.#leaveRaw(job);
        this.#advance();
      },
    );
  }

  #compressed(job: Job, level: number, output: Buffer, bodyBytes: number, seconds: number): void {
    const lengths = { contentBytes: job.content.length, bodyBytes };
    this.#events.measured({ level, ...lengths, seconds });
    const header = encodeBatchHeader({ coding: codings.zstd, number: job.number, ...lengths });
    const body = output.subarray(0, bodyBytes);
    this.#spare.push(job.buffer);
    if (bodyBytes < outputBytes * smallPart) {
      job.pieces = [header, Buffer.from(body)];
      this.#keepOutput(output);
    } else {
      job.pieces = [header, body];
      job.release = () => this.#keepOutput(output);
    }
  }

  #takeContext(level: number): ZstdContext {
    return this.#contexts.get(level)?.pop() ?? compressionContext(level);
  }

  #giveContext(context: ZstdContext, level: number): void {
    const idle = this.#contexts.get(level);
    if (idle === undefined) this.#contexts.set(level, [context]);
    else idle.push(context);
  }

  #keepOutput(output: Buffer): void {
    if (this.#spareOutputs.length < spareOutputsMax) this.#spareOutputs.push(output);
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
