/**
 * The bytes of some of the pages that the target holds, on both sides alike: the source makes differences to them, the
 * target applies these. A page may be kept in one of eight places (ways) that follow from its number; which of them
 * is the source's decision, and it says so with the page, so that both caches hold the same without further talk.
 *
 * The memory lies outside V8's heap and is the kernel's until it is used.
 */
import { pageBytes } from "./limits.ts";
import { notKept } from "./page-batch.ts";
import { pageWords } from "./page-delta.ts";

export const cacheWays = 8;
const heatMax = 255;

/** How many slots a cache of a size has; whole sets of ways. */
export function cacheSlotsIn(bytes: number): number {
  return Math.floor(bytes / (cacheWays * pageBytes)) * cacheWays;
}

export class PageCache {
  /** The pages' words; those of slot n start at n × 1024. */
  readonly words: Int32Array<ArrayBuffer>;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #sets: number;
  /** The page number + 1 of what a slot holds, 0 for nothing. */
  readonly #tags: Uint32Array;
  /** How often the page was sent again while it was here, fading when others want its place. Source only. */
  readonly #heats: Uint8Array;

  /** @param slots from `cacheSlotsIn` */
  constructor(slots: number) {
    const memory = new ArrayBuffer(slots * pageBytes);
    this.words = new Int32Array(memory);
    this.bytes = new Uint8Array(memory);
    this.#sets = slots / cacheWays;
    this.#tags = new Uint32Array(slots);
    this.#heats = new Uint8Array(slots);
  }

  /** The slot that holds a page, or -1. */
  slotOf(page: number): number {
    if (this.#sets === 0) return -1;
    const first = (page % this.#sets) * cacheWays;
    for (let slot = first; slot < first + cacheWays; slot++) {
      if (this.#tags[slot] === page + 1) return slot;
    }
    return -1;
  }

  /** The slot of a way, from now on the page's; -1 if there is none. The caller writes the page's bytes to it. */
  take(page: number, way: number): number {
    if (this.#sets === 0 || way >= cacheWays) return -1;
    const slot = (page % this.#sets) * cacheWays + way;
    this.#tags[slot] = page + 1;
    return slot;
  }

  drop(page: number): void {
    const slot = this.slotOf(page);
    if (slot < 0) return;
    this.#tags[slot] = 0;
    this.#heats[slot] = 0;
  }

  /** The page in a slot was sent again. */
  warm(slot: number): void {
    const heat = this.#heats[slot] ?? 0;
    if (heat < heatMax) this.#heats[slot] = heat + 1;
  }

  /**
   * Decides where to keep a page that is not here: a free way, or that of the coldest page, if that is colder. A page
   * sent for the first time displaces none, or one pass over a large memory would sweep out all that is hot.
   */
  wayFor(page: number, wasSentBefore: boolean): number {
    if (this.#sets === 0) return notKept;
    const first = (page % this.#sets) * cacheWays;
    let coldest = first;
    for (let slot = first; slot < first + cacheWays; slot++) {
      if (this.#tags[slot] === 0) return slot - first;
      if ((this.#heats[slot] ?? 0) < (this.#heats[coldest] ?? 0)) coldest = slot;
    }
    if (!wasSentBefore) return notKept;
    const heat = this.#heats[coldest] ?? 0;
    if (heat > 0) {
      this.#heats[coldest] = heat - 1;
      return notKept;
    }
    this.#heats[coldest] = 1;
    return coldest - first;
  }

  /** The words of a slot start here. */
  static wordsAt(slot: number): number {
    return slot * pageWords;
  }
}
