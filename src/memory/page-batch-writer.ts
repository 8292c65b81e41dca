/**
 * Builds one batch's content (page-batch.ts) in a buffer: operations grow in front, data behind, and both are joined
 * without moving the data. Consecutive pages, empty pages and bytes join the operation before.
 */
import { invariant } from "../base/invariant.ts";
import { batchBytesMax, batchOperationsBytesMax, batchPagesMax, pageBytes } from "./limits.ts";
import { operationKinds } from "./page-batch.ts";

/** Where the data starts in a batch's buffer. */
const dataStart = 4 + batchOperationsBytesMax;
export const batchBufferBytes = dataStart + batchBytesMax;
/** More than any one operation has in fields. */
const operationRoom = 32;
const pagesPerOperationMax = 0xffff;

export class PageBatchWriter {
  readonly #buffer: Buffer;
  /** Operations are written from the front on, and moved against the data when the batch is sealed. */
  #operationsEnd = 4;
  #dataEnd = dataStart;
  #pages = 0;
  /** The last operation: its kind, where its count or length is, and for pages which page would continue it. */
  #kind = 0;
  #countAt = 0;
  #block = 0;
  #nextPage = 0;

  /** @param buffer of `batchBufferBytes`, this batch's alone until its content is no longer needed */
  constructor(buffer: Buffer) {
    invariant(buffer.length === batchBufferBytes, "a batch's buffer has the size of a batch");
    this.#buffer = buffer;
  }

  get isEmpty(): boolean {
    return this.#operationsEnd === 4;
  }

  get dataBytes(): number {
    return this.#dataEnd - dataStart;
  }

  /** Whether any operation with at most a page of data still fits. */
  get hasRoom(): boolean {
    return (
      this.#dataEnd + pageBytes <= batchBufferBytes &&
      this.#operationsEnd + operationRoom <= dataStart &&
      this.#pages < batchPagesMax
    );
  }

  open(cacheSlots: number): void {
    this.#start(operationKinds.open);
    this.#u32(cacheSlots);
  }

  machine(name: string): void {
    this.#start(operationKinds.machine);
    this.#u16(name.length);
    this.#dataEnd += this.#buffer.write(name, this.#dataEnd, "latin1");
  }

  /** @param record at most `batchBytesMax`, in a batch that has no data yet */
  blocks(record: Buffer): void {
    this.#start(operationKinds.blocks);
    this.#u32(record.length);
    this.#dataEnd += record.copy(this.#buffer, this.#dataEnd);
  }

  /** Takes what fits and returns how much that was. */
  bytes(source: Buffer, start: number, end: number): number {
    const taken = Math.min(end - start, batchBufferBytes - this.#dataEnd);
    if (this.#kind !== operationKinds.bytes) {
      this.#start(operationKinds.bytes);
      this.#countAt = this.#operationsEnd;
      this.#u32(0);
    }
    source.copy(this.#buffer, this.#dataEnd, start, start + taken);
    this.#dataEnd += taken;
    this.#buffer.writeUInt32BE(this.#buffer.readUInt32BE(this.#countAt) + taken, this.#countAt);
    return taken;
  }

  zero(block: number, page: number): void {
    if (this.#continues(operationKinds.zeros, block, page)) {
      this.#buffer.writeUInt32BE(this.#buffer.readUInt32BE(this.#countAt) + 1, this.#countAt);
      this.#nextPage = page + 1;
      return;
    }
    this.#startPages(operationKinds.zeros, block, page);
    this.#u32(1);
  }

  page(block: number, page: number, way: number, source: Uint8Array, start: number): void {
    const count = this.#continues(operationKinds.pages, block, page)
      ? this.#buffer.readUInt16BE(this.#countAt)
      : pagesPerOperationMax;
    if (count < pagesPerOperationMax) {
      this.#buffer.writeUInt16BE(count + 1, this.#countAt);
      this.#nextPage = page + 1;
    } else {
      this.#startPages(operationKinds.pages, block, page);
      this.#u16(1);
    }
    this.#buffer[this.#operationsEnd++] = way;
    this.#buffer.set(source.subarray(start, start + pageBytes), this.#dataEnd);
    this.#dataEnd += pageBytes;
    this.#pages++;
  }

  delta(block: number, page: number, delta: Uint8Array): void {
    this.#start(operationKinds.delta);
    this.#u16(block);
    this.#u32(page);
    this.#u16(delta.length);
    this.#buffer.set(delta, this.#dataEnd);
    this.#dataEnd += delta.length;
    this.#pages++;
  }

  reference(block: number, page: number, way: number, fromBlock: number, fromPage: number): void {
    this.#start(operationKinds.reference);
    this.#u16(block);
    this.#u32(page);
    this.#buffer[this.#operationsEnd++] = way;
    this.#u16(fromBlock);
    this.#u32(fromPage);
    this.#pages++;
  }

  memoryEnded(): void {
    this.#start(operationKinds.memoryEnded);
  }

  notUnderstood(): void {
    this.#start(operationKinds.notUnderstood);
  }

  /** The batch's content, a view into its buffer; nothing may be added then. */
  seal(): Buffer {
    const operationsBytes = this.#operationsEnd - 4;
    const start = dataStart - this.#operationsEnd;
    this.#buffer.writeUInt32BE(operationsBytes, 0);
    this.#buffer.copyWithin(start, 0, this.#operationsEnd);
    return this.#buffer.subarray(start, this.#dataEnd);
  }

  #continues(kind: number, block: number, page: number): boolean {
    return this.#kind === kind && this.#block === block && this.#nextPage === page;
  }

  #startPages(kind: number, block: number, page: number): void {
    this.#start(kind);
    this.#u16(block);
    this.#u32(page);
    this.#countAt = this.#operationsEnd;
    this.#block = block;
    this.#nextPage = page + 1;
  }

  #start(kind: number): void {
    this.#kind = kind;
    this.#buffer[this.#operationsEnd++] = kind;
  }

  #u16(value: number): void {
    this.#operationsEnd = this.#buffer.writeUInt16BE(value, this.#operationsEnd);
  }

  #u32(value: number): void {
    this.#operationsEnd = this.#buffer.writeUInt32BE(value, this.#operationsEnd);
  }
}
