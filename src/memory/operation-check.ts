/** Holds the operations of a hostile peer to what the ones before them allow; each target does what it is left with. */
import { badBatch } from "./page-batch.ts";
import type { Operation } from "./page-batch-reader.ts";
import { cacheWays } from "./page-cache.ts";
import { PageSpace } from "./page-space.ts";

export class OperationCheck {
  readonly #cacheSlotsMax: number;
  #isOpen = false;
  #space: PageSpace | undefined;

  constructor(cacheSlotsMax: number) {
    this.#cacheSlotsMax = cacheSlotsMax;
  }

  /** Throws `peer-protocol` if the operation has no place here. */
  check(operation: Operation): void {
    if (operation.kind === "open") return this.#checkOpen(operation.cacheSlots);
    if (!this.#isOpen) throw badBatch(`it starts with ${operation.kind}, open wanted`);
    switch (operation.kind) {
      case "blocks":
        if (this.#space !== undefined) throw badBatch("it announces blocks again");
        this.#space = new PageSpace(operation.blocks);
        return;
      case "zeros":
      case "pages":
        return this.#checkPages(operation.block, operation.first, operation.count);
      case "delta":
        return this.#checkPages(operation.block, operation.page, 1);
      case "reference":
        this.#checkPages(operation.block, operation.page, 1);
        return this.#checkPages(operation.fromBlock, operation.fromPage, 1);
      case "machine":
      case "bytes":
      case "memory-ended":
      case "not-understood":
    }
  }

  #checkOpen(cacheSlots: number): void {
    if (this.#isOpen) throw badBatch("it opens the stream again");
    if (cacheSlots > this.#cacheSlotsMax || cacheSlots % cacheWays !== 0) {
      const wanted = `whole sets of ${cacheWays}, at most ${this.#cacheSlotsMax} wanted`;
      throw badBatch(`it opens a page cache of ${cacheSlots} slots, ${wanted}`);
    }
    this.#isOpen = true;
  }

  #checkPages(block: number, first: number, count: number): void {
    if (this.#space?.has(block, first, count) === true) return;
    throw badBatch(`it names page ${first} of block ${block}, pages of announced blocks wanted`);
  }
}
