/**
 * What the target holds, by content: for each page the fingerprint of the version that was sent last, and for a
 * fingerprint a page that has it. A fingerprint is the first 128 bits of the SHA-256 of the page: a guest's user who
 * could make two pages with the same one would corrupt the guest's memory by having it moved, so it takes a hash that
 * is hard to collide. Across VMs, whose owners do not trust each other, the whole SHA-256 would be due.
 *
 * Bounded: a guest of more pages than `fingerprintsMax` shares entries between pages, and the latest has it. What is
 * forgotten costs bytes on the wire, never correctness.
 */
import { hash } from "node:crypto";
import { fingerprintsMax, pageBytes } from "./limits.ts";

const printWords = 4;

export class PageFingerprints {
  readonly #entries: number;
  readonly #prints: Uint32Array;
  /** The page number + 1 of an entry's page, 0 for none. */
  readonly #pages: Uint32Array;
  /** By a fingerprint's first bits: the number + 1 of the page that had it last. Checked against the entry on use. */
  readonly #latest: Uint32Array;
  readonly #latestMask: number;

  /** @param pages of the whole guest */
  constructor(pages: number) {
    this.#entries = Math.min(pages, fingerprintsMax);
    this.#prints = new Uint32Array(this.#entries * printWords);
    this.#pages = new Uint32Array(this.#entries);
    const latest = 2 ** Math.ceil(Math.log2(this.#entries));
    this.#latest = new Uint32Array(latest);
    this.#latestMask = latest - 1;
  }

  /** Whether the page was sent before, as far as remembered. */
  wasSent(page: number): boolean {
    return this.#pages[page % this.#entries] === page + 1;
  }

  /** Whether the target holds this very content of the page. */
  holds(page: number, print: Uint32Array): boolean {
    return this.wasSent(page) && this.#isAt(page % this.#entries, print);
  }

  /** A page of which the target holds this content, or -1. */
  pageWith(print: Uint32Array): number {
    const page = (this.#latest[(print[0] ?? 0) & this.#latestMask] ?? 0) - 1;
    return page >= 0 && this.holds(page, print) ? page : -1;
  }

  /** The page was sent with this content; without a fingerprint, with one nobody looked at. */
  sent(page: number, print?: Uint32Array): void {
    const entry = page % this.#entries;
    this.#pages[entry] = page + 1;
    const at = entry * printWords;
    if (print === undefined) {
      // No page has a fingerprint of nothing but zeros.
      // Memory that was never written stays untouched.
      if (this.#prints[at] === 0 && this.#prints[at + 1] === 0) return;
      for (let word = 0; word < printWords; word++) this.#prints[at + word] = 0;
    } else {
      this.#prints.set(print, at);
      this.#latest[(print[0] ?? 0) & this.#latestMask] = page + 1;
    }
  }

  #isAt(entry: number, print: Uint32Array): boolean {
    const at = entry * printWords;
    for (let word = 0; word < printWords; word++) {
      if (this.#prints[at + word] !== print[word]) return false;
    }
    return true;
  }
}

export function fingerprintOf(source: Buffer, start: number): Uint32Array {
  const digest = hash("sha256", source.subarray(start, start + pageBytes), "buffer");
  return new Uint32Array(digest.buffer, digest.byteOffset, printWords);
}
