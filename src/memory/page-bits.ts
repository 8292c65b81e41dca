/** One bit for each page of a memory: 32 MiB for a tebibyte, and the kernel's until they are used. Pure. */

export interface PageBitRun {
  readonly first: number;
  readonly count: number;
}

export class PageBits {
  readonly #bits: Uint8Array;

  constructor(pages: number, areSet: boolean) {
    this.#bits = new Uint8Array(Math.ceil(pages / 8));
    if (areSet) this.#bits.fill(0xff);
  }

  set(page: number): void {
    const at = Math.floor(page / 8);
    this.#bits[at] = (this.#bits[at] ?? 0) | (1 << (page % 8));
  }

  clear(first: number, count: number): void {
    let page = first;
    for (const end = first + count; page < end; ) {
      if (page % 8 === 0 && page + 8 <= end) {
        this.#bits[page / 8] = 0;
        page += 8;
      } else {
        const at = Math.floor(page / 8);
        this.#bits[at] = (this.#bits[at] ?? 0) & ~(1 << (page % 8));
        page++;
      }
    }
  }

  any(first: number, count: number): boolean {
    return this.#next(first, first + count) < first + count;
  }

  /** The runs of set bits within the range, none longer than `countMax`. */
  *runs(first: number, count: number, countMax: number): Generator<PageBitRun, void, undefined> {
    const end = first + count;
    for (let page = this.#next(first, end); page < end; ) {
      let length = 1;
      while (length < countMax && page + length < end && this.#has(page + length)) length++;
      yield { first: page, count: length };
      page = this.#next(page + length, end);
    }
  }

  #has(page: number): boolean {
    return ((this.#bits[Math.floor(page / 8)] ?? 0) & (1 << (page % 8))) !== 0;
  }

  /** The first set bit from `page` on, or `end`. */
  #next(page: number, end: number): number {
    let at = page;
    while (at < end && !this.#has(at)) {
      at += at % 8 === 0 && this.#bits[at / 8] === 0 ? 8 : 1;
    }
    return Math.min(at, end);
  }
}
