/**
 * Decides how each page goes to the target, as the parser tells them: not at all if the target holds that content, as
 * a difference if the target keeps the version before, as a reference if it holds the content elsewhere, else whole.
 *
 * Every page record that is left out belongs to the block of the last record sent. So when the parser gives up, the
 * target's stream and the source's agree on which block a record without a name means.
 */
import { deltaBytesMax, pageBytes } from "./limits.ts";
import { writeMemorySizes } from "./memory-sizes.ts";
import type { EncoderStats } from "./encoder-stats.ts";
import { notKept } from "./page-batch.ts";
import type { PageBatchWriter } from "./page-batch-writer.ts";
import { cacheWays, PageCache } from "./page-cache.ts";
import { encodeDelta, pageWords } from "./page-delta.ts";
import { fingerprintOf, PageFingerprints } from "./page-fingerprints.ts";
import { PageSpace } from "./page-space.ts";
import type { RamBlock } from "./qemu-stream.ts";
import type { RamStreamSink } from "./ram-stream-parser.ts";

/**
 * What the target does with pages. `plain`: its QEMU gets them, and it can read back only those in its page cache.
 * `placed`: it writes the pages of one block to their place itself, and can read all of them back.
 */
export type TargetMemory =
  | { readonly kind: "plain" }
  | { readonly kind: "placed"; readonly block: string };

/** Gives the batch that is being filled. */
export interface BatchSource {
  /** One with room for any operation. */
  current(): PageBatchWriter;
  /** One with no data in it yet. */
  fresh(): PageBatchWriter;
}

export class PageEncoder implements RamStreamSink {
  /**
   * Whether to look for content the target holds, which costs a hash of each page, and to keep pages when they are sent
   * for the first time, which costs a copy and fresh memory. Pages that are sent again are always kept.
   */
  isThorough = true;
  readonly #target: TargetMemory;
  readonly #batches: BatchSource;
  readonly #stats: EncoderStats;
  readonly #cache: PageCache;
  #space = new PageSpace([]);
  #prints = new PageFingerprints(1);
  #lastBlock = -1;
  readonly #words = new Int32Array(pageWords);
  readonly #bytes = new Uint8Array(this.#words.buffer);
  readonly #delta = new Uint8Array(deltaBytesMax);

  constructor(target: TargetMemory, cacheSlots: number, batches: BatchSource, stats: EncoderStats) {
    this.#target = target;
    this.#batches = batches;
    this.#stats = stats;
    this.#cache = new PageCache(cacheSlots);
  }

  bytes(source: Buffer, start: number, end: number): void {
    for (let at = start; at < end; ) at += this.#batches.current().bytes(source, at, end);
  }

  machine(name: string): void {
    this.#batches.current().machine(name);
  }

  blocks(blocks: readonly RamBlock[]): void {
    this.#space = new PageSpace(blocks);
    this.#prints = new PageFingerprints(this.#space.pages);
    this.#batches.fresh().blocks(writeMemorySizes(blocks));
  }

  zero(block: number, page: number): void {
    const number = this.#space.numberOf(block, page);
    this.#cache.drop(number);
    this.#prints.sent(number);
    this.#batches.current().zero(block, page);
    this.#lastBlock = block;
    this.#stats.pagesZero++;
  }

  page(block: number, page: number, source: Buffer, start: number): void {
    const number = this.#space.numberOf(block, page);
    const slot = this.#cache.slotOf(number);
    if (slot >= 0) this.#sendKept(block, page, slot, source, start);
    else this.#sendUnkept(block, page, number, source, start);
  }

  memoryEnded(): void {
    this.#batches.current().memoryEnded();
    this.#stats.memoryEnded = true;
  }

  notUnderstood(reason: string): void {
    this.#batches.current().notUnderstood();
    this.#stats.notUnderstood = reason;
  }

  /** The target keeps the version before: at least nothing but the differences need go. */
  #sendKept(block: number, page: number, slot: number, source: Buffer, start: number): void {
    this.#cache.warm(slot);
    this.#bytes.set(source.subarray(start, start + pageBytes));
    const at = PageCache.wordsAt(slot);
    const before = this.#cache.words;
    const length = encodeDelta(before, at, this.#words, this.#delta, 0, deltaBytesMax);
    if (length === 0 && block === this.#lastBlock) {
      this.#stats.pagesUnchanged++;
      return;
    }
    const batch = this.#batches.current();
    if (length < 0) {
      batch.page(block, page, slot % cacheWays, this.#bytes, 0);
      this.#stats.pagesWhole++;
    } else {
      batch.delta(block, page, this.#delta.subarray(0, length));
      this.#stats.pagesDelta++;
    }
    before.set(this.#words, at);
    // Its content changes too often to be worth a hash.
    this.#prints.sent(this.#space.numberOf(block, page));
    this.#lastBlock = block;
  }

  #sendUnkept(block: number, page: number, number: number, source: Buffer, start: number): void {
    const print = this.isThorough ? fingerprintOf(source, start) : undefined;
    if (print !== undefined && block === this.#lastBlock && this.#prints.holds(number, print)) {
      this.#stats.pagesUnchanged++;
      return;
    }
    const isReadable = this.#isReadable(block);
    const same = print === undefined || !isReadable ? -1 : this.#readablePageWith(print);
    const wasSent = this.#prints.wasSent(number);
    const isKept = isReadable && (this.isThorough || wasSent);
    const way = isKept ? this.#cache.wayFor(number, wasSent) : notKept;
    const batch = this.#batches.current();
    if (same >= 0) {
      const space = this.#space;
      batch.reference(block, page, way, space.blockOf(same), space.pageOf(same));
      this.#stats.pagesReference++;
    } else {
      batch.page(block, page, way, source, start);
      this.#stats.pagesWhole++;
    }
    if (way !== notKept) {
      const slot = this.#cache.take(number, way);
      this.#cache.bytes.set(source.subarray(start, start + pageBytes), slot * pageBytes);
    }
    this.#prints.sent(number, print);
    this.#lastBlock = block;
  }

  /** Whether the target can make a page of the block out of another, or of its version before. */
  #isReadable(block: number): boolean {
    const target = this.#target;
    return target.kind === "plain" || this.#space.blocks[block]?.name === target.block;
  }

  #readablePageWith(print: Uint32Array): number {
    const page = this.#prints.pageWith(print);
    if (page < 0) return -1;
    if (this.#target.kind === "plain") return this.#cache.slotOf(page) < 0 ? -1 : page;
    return this.#isReadable(this.#space.blockOf(page)) ? page : -1;
  }
}
