/**
 * Understands QEMU's migration stream up to the end of memory, from chunks cut anywhere, and tells a sink what is in
 * it, in order. What it does not know it carries: at the first element that is unknown, or not as expected, it hands
 * over everything from there on as bytes, with the reason. It never fails a move.
 *
 *   header ─▶ [configuration] ─▶ elements ─▶ records ─▶ footer ─▶ elements …
 *                                                          └─ of the end section ─▶ opaque
 *   any of them ── unknown or malformed ─▶ opaque
 *
 * Pages are views into the chunk. Only an element that straddles two chunks is put together in a buffer of its own.
 */
import { invariant } from "../base/invariant.ts";
import { Cursor } from "./cursor.ts";
import { pageBits, pageBytes } from "./limits.ts";
import { readMemorySizes } from "./memory-sizes.ts";
import { type RamBlock, recordFlags } from "./qemu-stream.ts";
import { readElement, type SectionState } from "./stream-elements.ts";

/** Receives the stream's parts in order. A source is valid during the call only. */
export interface RamStreamSink {
  /** Bytes to be carried as they are. */
  bytes(source: Buffer, start: number, end: number): void;
  /** The configuration's machine type; its subsections follow as bytes. */
  machine(name: string): void;
  /** The record of memory sizes. Later pages name a block by its index here. */
  blocks(blocks: readonly RamBlock[]): void;
  zero(block: number, page: number): void;
  /** A page's 4096 bytes from `start` on. */
  page(block: number, page: number, source: Buffer, start: number): void;
  /** No page follows; a footer and the devices' state do, as bytes. */
  memoryEnded(): void;
  /** Everything from here on comes as bytes, for this reason, although memory has not ended. */
  notUnderstood(reason: string): void;
}

const lowFlags = (1 << pageBits) - 1;
const pagesPerHighWord = 2 ** (32 - pageBits);
const wholePageBytes = 8 + pageBytes;

export class RamStreamParser {
  readonly #sink: RamStreamSink;
  readonly #section: SectionState = { expects: "header", ramId: undefined, isEnd: false };
  #state: "element" | "record" | "opaque" = "element";
  #blockOfName = new Map<string, number>();
  #pagesOfBlock: number[] = [];
  /** The block of the last page record, over all sections; -1 before the first. */
  #block = -1;
  /** The start of an element whose end has not arrived. */
  #carried: Buffer = Buffer.allocUnsafeSlow(2 * pageBytes);
  #carriedBytes = 0;

  constructor(sink: RamStreamSink) {
    this.#sink = sink;
  }

  push(chunk: Buffer): void {
    let at = this.#completeCarried(chunk);
    while (at < chunk.length) {
      const taken = this.#take(chunk, at, chunk.length);
      if (taken <= 0) {
        this.#carry(chunk, at, chunk.length);
        return;
      }
      at += taken;
    }
  }

  /** The stream is over: what is left of an unfinished element is carried as it is. */
  end(): void {
    if (this.#carriedBytes > 0) this.#sink.bytes(this.#carried, 0, this.#carriedBytes);
    this.#carriedBytes = 0;
  }

  /** Tops up the carried element by just what it wants, until it is whole; returns how much of the chunk that took. */
  #completeCarried(chunk: Buffer): number {
    let at = 0;
    while (this.#carriedBytes > 0) {
      const taken = this.#take(this.#carried, 0, this.#carriedBytes);
      if (taken > 0) {
        invariant(taken === this.#carriedBytes, "an element never asks for more than itself");
        this.#carriedBytes = 0;
        break;
      }
      if (at === chunk.length) return at;
      const end = Math.min(chunk.length, at - taken - this.#carriedBytes);
      this.#carry(chunk, at, end);
      at = end;
    }
    return at;
  }

  #carry(chunk: Buffer, start: number, end: number): void {
    const length = this.#carriedBytes + end - start;
    if (length > this.#carried.length) {
      const larger = Buffer.allocUnsafeSlow(2 * length);
      this.#carried.copy(larger, 0, 0, this.#carriedBytes);
      this.#carried = larger;
    }
    chunk.copy(this.#carried, this.#carriedBytes, start, end);
    this.#carriedBytes = length;
  }

  /** Takes the element at `at` and returns its length; not all there, the negated length it has at least. */
  #take(source: Buffer, at: number, end: number): number {
    if (this.#state === "record") return this.#takeRecord(source, at, end);
    if (this.#state === "element") return this.#takeElement(source, at, end);
    this.#sink.bytes(source, at, end);
    return end - at;
  }

  #takeElement(source: Buffer, at: number, end: number): number {
    const cursor = new Cursor(source, at, end);
    const element = readElement(cursor, this.#section);
    if (cursor.isShort) return -cursor.shortOf;
    if (element.kind === "unknown") return this.#giveUp(element.reason, source, at, end);
    if (element.kind === "machine") this.#sink.machine(element.name);
    else this.#sink.bytes(source, at, cursor.at);
    this.#section.expects = element.next;
    if (element.kind === "section") this.#state = "record";
    if (element.kind === "last-footer") this.#state = "opaque";
    return cursor.length;
  }

  #takeRecord(source: Buffer, at: number, end: number): number {
    if (end - at < 8) return -8;
    const high = source.readUInt32BE(at);
    const low = source.readUInt32BE(at + 4);
    const flags = low & lowFlags;
    const page = high * pagesPerHighWord + (low >>> pageBits);
    if (flags === (recordFlags.page | recordFlags.sameBlock)) {
      if (end - at < wholePageBytes) return -wholePageBytes;
      const fault = this.#faultOf(this.#block, page);
      if (fault !== undefined) return this.#giveUp(fault, source, at, end);
      this.#sink.page(this.#block, page, source, at + 8);
      return wholePageBytes;
    }
    switch (flags) {
      case recordFlags.page:
      case recordFlags.zero:
      case recordFlags.zero | recordFlags.sameBlock:
        return this.#takePage(flags, page, source, at, end);
      case recordFlags.memorySizes:
        return this.#takeMemorySizes(page * pageBytes, source, at, end);
      case recordFlags.end:
        return this.#takeEnd(source, at);
      default:
        return this.#giveUp(`a memory record of kind 0x${flags.toString(16)}`, source, at, end);
    }
  }

  #takePage(flags: number, page: number, source: Buffer, at: number, end: number): number {
    const cursor = new Cursor(source, at, end);
    cursor.skip(8);
    const namesBlock = (flags & recordFlags.sameBlock) === 0;
    const block = namesBlock ? (this.#blockOfName.get(cursor.name()) ?? -1) : this.#block;
    const isZero = (flags & recordFlags.zero) !== 0;
    const content = cursor.at;
    const fill = isZero ? cursor.u8() : 0;
    if (!isZero) cursor.skip(pageBytes);
    if (cursor.isShort) return -cursor.shortOf;
    const fault = fill === 0 ? this.#faultOf(block, page) : "an empty page that is not zero";
    if (fault !== undefined) return this.#giveUp(fault, source, at, end);
    this.#block = block;
    if (isZero) this.#sink.zero(block, page);
    else this.#sink.page(block, page, source, content);
    return cursor.length;
  }

  #faultOf(block: number, page: number): string | undefined {
    const pages = this.#pagesOfBlock[block];
    if (pages === undefined) return "a page of an unknown block";
    return page < pages ? undefined : "a page outside its block";
  }

  #takeMemorySizes(totalBytes: number, source: Buffer, at: number, end: number): number {
    if (this.#pagesOfBlock.length > 0) return this.#giveUp("a second memory", source, at, end);
    const cursor = new Cursor(source, at, end);
    cursor.skip(8);
    const blocks = readMemorySizes(cursor, totalBytes);
    if (typeof blocks === "string") return this.#giveUp(blocks, source, at, end);
    if (cursor.isShort) return -cursor.shortOf;
    this.#blockOfName = new Map(blocks.map(({ name }, index) => [name, index]));
    this.#pagesOfBlock = blocks.map(({ usedBytes }) => usedBytes / pageBytes);
    this.#sink.blocks(blocks);
    return cursor.length;
  }

  #takeEnd(source: Buffer, at: number): number {
    if (this.#section.isEnd) this.#sink.memoryEnded();
    this.#sink.bytes(source, at, at + 8);
    this.#section.expects = "footer";
    this.#state = "element";
    return 8;
  }

  #giveUp(reason: string, source: Buffer, at: number, end: number): number {
    this.#state = "opaque";
    this.#sink.notUnderstood(reason);
    this.#sink.bytes(source, at, end);
    return end - at;
  }
}
