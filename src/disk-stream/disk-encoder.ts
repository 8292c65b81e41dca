/**
 * The source's end of a disk's stream: takes what QEMU's NBD client says in chunks as they come from its socket and gives
 * batches that say the same in fewer bytes: compressed as hard as pays, and blocks that the target has kept of an earlier
 * attempt by reference. Zeroes need nothing: QEMU declares them.
 */
import { AdaptiveCompressor, type HeldBy } from "../memory/adaptive-compressor.ts";
import { BlockIndex } from "./block-index.ts";
import { blockBytes, digestOf } from "./disk-batch.ts";
import { DiskBatchWriter } from "./disk-batch-writer.ts";
import { type NbdPiece, NbdRequests } from "./nbd-requests.ts";

/**
 * How long part of a request waits for the rest of it, milliseconds: alone it is of no use to the target, and batches that are
 * not full cost both hosts more than they save.
 */
const flushMs = 10;

/** Batches that wait for a job, so that none waits for QEMU: which has more than this under way whatever is done here. */
const batchesAhead = 2;

export interface DiskEncoderOptions {
  /** Digests of the blocks that the target has kept, one after the other; null: none. */
  readonly kept: Uint8Array | null;
  /** How many batches are compressed at once; at least 1. */
  readonly jobs: number;
  /** See AdaptiveCompressor. */
  readonly send: (pieces: Buffer[], release?: () => void) => void;
  /** `isThirsty` turned true. */
  readonly onThirst: () => void;
}

export interface DiskEncoderStats {
  bytesIn: number;
  bytesOut: number;
  /** Of what came in, what is to be written to the disk; all, once it is not understood. */
  contentBytes: number;
  /** Content that the target had kept. */
  referencedBytes: number;
  compressMs: number;
}

export class DiskEncoder {
  readonly stats: DiskEncoderStats = {
    ...{ bytesIn: 0, bytesOut: 0, contentBytes: 0, referencedBytes: 0, compressMs: 0 },
  };
  readonly #compressor: AdaptiveCompressor;
  readonly #requests = new NbdRequests();
  readonly #kept: BlockIndex | undefined;
  #buffer: Buffer;
  #batch: DiskBatchWriter;
  /** Of the block that is being written into the batch; undefined when none is, or part of it is in another batch. */
  #blockFilled: number | undefined;
  #flushTimer: NodeJS.Timeout | undefined;

  constructor({ kept, jobs, send, onThirst }: DiskEncoderOptions) {
    this.#kept = kept === null ? undefined : new BlockIndex(kept);
    this.#compressor = new AdaptiveCompressor({
      ...{ jobs, ahead: batchesAhead },
      onThirst,
      send: (pieces, release) => {
        this.stats.bytesOut += pieces.reduce((sum, { length }) => sum + length, 0);
        send(pieces, release);
      },
    });
    this.#buffer = this.#compressor.buffer();
    this.#batch = new DiskBatchWriter(this.#buffer);
  }

  /** Whether it can take more now; if not, wait for `onThirst`. What is written all the same is kept. */
  get isThirsty(): boolean {
    return this.#compressor.isThirsty;
  }

  /** Takes a chunk of the client's words; it may be used again when this returns. */
  write(chunk: Buffer): void {
    this.stats.bytesIn += chunk.length;
    this.#compressor.came(chunk.length);
    for (const piece of this.#requests.push(chunk)) {
      const isContent = piece.offset !== undefined || this.#requests.isOpaque;
      if (isContent) this.stats.contentBytes += piece.bytes.length;
      if (this.#kept === undefined || piece.offset === undefined) this.#append(piece.bytes);
      else this.#content(this.#kept, piece, piece.offset);
    }
  }

  /** The socket is empty at the moment: whole requests go out at once, part of one in a moment unless more comes. */
  flush(): void {
    if (this.#batch.isEmpty) return;
    if (this.#requests.isBetween) this.#seal();
    else this.#flushTimer ??= setTimeout(() => this.#seal(), flushMs);
  }

  /** The stream is over; resolves when the last batch was sent. */
  async end(): Promise<void> {
    if (!this.#batch.isEmpty) this.#seal();
    await this.#compressor.drained();
  }

  /** Nobody wants the rest: nothing is sent any more. */
  stop(): void {
    clearTimeout(this.#flushTimer);
    this.#compressor.stop();
  }

  /** See AdaptiveCompressor. */
  observeLink(bytesPerSecond: number, held: HeldBy, isStarved = false): void {
    this.#compressor.observeLink(bytesPerSecond, held, isStarved);
  }

  /** Bytes without meaning; they fill batches to the end. */
  #append(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      const taken = this.#batch.bytes(at === 0 ? bytes : bytes.subarray(at));
      at += taken;
      if (taken === 0 || this.#batch.contentBytes >= this.#compressor.batchBytes) this.#seal();
    }
  }

  /** Content of the disk, block by block, each whole in one batch, so that it can be said by reference. */
  #content(kept: BlockIndex, { bytes, followingBytes }: NbdPiece, offset: number): void {
    for (let at = 0; at < bytes.length; ) {
      const inBlock = (offset + at) % blockBytes;
      if (inBlock === 0) this.#beginBlock(bytes.length - at + followingBytes);
      const piece = bytes.subarray(at, at + Math.min(bytes.length - at, blockBytes - inBlock));
      at += piece.length;
      if (this.#blockFilled === undefined) this.#append(piece);
      else this.#fillBlock(kept, piece, this.#blockFilled);
    }
  }

  #beginBlock(restOfRequest: number): void {
    this.#blockFilled = undefined;
    if (restOfRequest < blockBytes) return;
    if (this.#batch.room < blockBytes) this.#seal();
    this.#blockFilled = 0;
  }

  #fillBlock(kept: BlockIndex, piece: Buffer, filled: number): void {
    this.#batch.bytes(piece);
    this.#blockFilled = filled + piece.length;
    if (this.#blockFilled < blockBytes) return;
    this.#refer(kept);
    if (this.#batch.contentBytes >= this.#compressor.batchBytes) this.#seal();
  }

  #refer(kept: BlockIndex): void {
    this.#blockFilled = undefined;
    const digest = digestOf(this.#batch.last(blockBytes));
    if (kept.find(digest) < 0) return;
    this.#batch.replaceLast(blockBytes, digest);
    this.stats.referencedBytes += blockBytes;
  }

  #seal(): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    this.#blockFilled = undefined;
    if (this.#batch.isEmpty) return;
    this.#compressor.submit(this.#batch.seal(), this.#buffer);
    this.stats.compressMs = this.#compressor.compressMs;
    this.#buffer = this.#compressor.buffer();
    this.#batch = new DiskBatchWriter(this.#buffer);
  }
}
