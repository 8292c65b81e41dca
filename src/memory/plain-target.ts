/** Makes QEMU's stream again for the target's QEMU, from a cache of pages that mirrors the source's. */
import type { MemoryTarget } from "./memory-target.ts";
import { pageBytes } from "./limits.ts";
import { badBatch, notKept } from "./page-batch.ts";
import type { Operation } from "./page-batch-reader.ts";
import { PageCache } from "./page-cache.ts";
import { applyDelta } from "./page-delta.ts";
import { PageSpace } from "./page-space.ts";
import { RamStreamWriter } from "./ram-stream-writer.ts";

type OperationOf<Kind extends Operation["kind"]> = Extract<Operation, { kind: Kind }>;

export class PlainTarget implements MemoryTarget {
  readonly #writer: RamStreamWriter;
  #cache = new PageCache(0);
  #space = new PageSpace([]);
  readonly #scratch = new Uint8Array(pageBytes);

  /** @param pass gives bytes to QEMU's socket, for good; resolves when it may have more */
  constructor(pass: (bytes: Buffer) => Promise<void>) {
    this.#writer = new RamStreamWriter(pass);
  }

  async apply(operation: Operation): Promise<void> {
    switch (operation.kind) {
      case "open":
        this.#cache = new PageCache(operation.cacheSlots);
        return;
      case "machine":
        return await this.#writer.machine(operation.name);
      case "blocks":
        this.#space = new PageSpace(operation.blocks);
        return await this.#writer.blocks(operation.blocks);
      case "bytes":
        return await this.#writer.bytes(operation.data);
      case "zeros":
        return await this.#applyZeros(operation);
      case "pages":
        return await this.#applyPages(operation);
      case "delta":
        return await this.#applyDelta(operation);
      case "reference":
        return await this.#applyReference(operation);
      case "memory-ended":
      case "not-understood":
    }
  }

  async batchEnded(): Promise<void> {
    await this.#writer.flush();
  }

  async #applyZeros({ block, first, count }: OperationOf<"zeros">): Promise<void> {
    const number = this.#space.numberOf(block, first);
    for (let page = number; page < number + count; page++) this.#cache.drop(page);
    await this.#writer.zeros(block, first, count);
  }

  async #applyPages({ block, first, count, ways, data }: OperationOf<"pages">): Promise<void> {
    for (let index = 0; index < count; index++) {
      const way = ways[index] ?? notKept;
      this.#keep(this.#space.numberOf(block, first + index), way, data, index * pageBytes);
      await this.#pass(block, first + index, data, index * pageBytes);
    }
  }

  async #applyDelta({ block, page, delta }: OperationOf<"delta">): Promise<void> {
    const slot = this.#slotOf(block, page);
    applyDelta(delta, this.#cache.words, PageCache.wordsAt(slot));
    await this.#pass(block, page, this.#cache.bytes, slot * pageBytes);
  }

  async #applyReference(operation: OperationOf<"reference">): Promise<void> {
    const { block, page, way, fromBlock, fromPage } = operation;
    const at = this.#slotOf(fromBlock, fromPage) * pageBytes;
    // The page may take the place of the very page it is like.
    this.#scratch.set(this.#cache.bytes.subarray(at, at + pageBytes));
    this.#keep(this.#space.numberOf(block, page), way, this.#scratch, 0);
    await this.#pass(block, page, this.#scratch, 0);
  }

  #slotOf(block: number, page: number): number {
    const slot = this.#cache.slotOf(this.#space.numberOf(block, page));
    if (slot < 0) throw badBatch(`it builds on page ${page} of block ${block}, which is not kept`);
    return slot;
  }

  #keep(number: number, way: number, source: Uint8Array, start: number): void {
    if (way === notKept) return;
    const slot = this.#cache.take(number, way);
    if (slot < 0) throw badBatch(`it keeps a page in way ${way}, which the cache does not have`);
    this.#cache.bytes.set(source.subarray(start, start + pageBytes), slot * pageBytes);
  }

  async #pass(block: number, page: number, source: Uint8Array, start: number): Promise<void> {
    if (!this.#writer.hasRoom) await this.#writer.flush();
    this.#writer.page(block, page, source, start);
  }
}
