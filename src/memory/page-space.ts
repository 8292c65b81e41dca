/** Numbers the pages of all blocks of a VM one after the other, so that tables need one number for a page. */
import { pageBytes } from "./limits.ts";
import type { RamBlock } from "./qemu-stream.ts";

export class PageSpace {
  readonly blocks: readonly RamBlock[];
  /** Of all blocks. */
  readonly pages: number;
  readonly #firsts: number[] = [];

  constructor(blocks: readonly RamBlock[]) {
    this.blocks = blocks;
    let pages = 0;
    for (const { usedBytes } of blocks) {
      this.#firsts.push(pages);
      pages += usedBytes / pageBytes;
    }
    this.pages = pages;
  }

  numberOf(block: number, page: number): number {
    return (this.#firsts[block] ?? 0) + page;
  }

  /** The block that a page number falls into. */
  blockOf(number: number): number {
    return this.#firsts.findLastIndex((first) => first <= number);
  }

  pageOf(number: number): number {
    return number - (this.#firsts[this.blockOf(number)] ?? 0);
  }

  has(block: number, first: number, count: number): boolean {
    const there = this.blocks[block];
    return there !== undefined && first + count <= there.usedBytes / pageBytes;
  }
}
