/**
 * Blocks by the digest of their content: which ones the target has kept of an earlier attempt, and where. Pure. Bounded by
 * what it is made for; 24 bytes a block.
 */
import { digestBytes } from "./disk-batch.ts";

export class BlockIndex {
  readonly #digests: Buffer;
  /** Of the entries in `#digests`, number + 1, by the digest's first bits; 0 is free. Half of it stays free at least. */
  readonly #table: Uint32Array;

  /** @param digests one after the other; kept */
  constructor(digests: Uint8Array) {
    this.#digests = Buffer.from(digests.buffer, digests.byteOffset, digests.byteLength);
    const count = this.#digests.length / digestBytes;
    this.#table = new Uint32Array(2 ** Math.ceil(Math.log2(Math.max(2, 2 * count))));
    for (let entry = 0; entry < count; entry++) this.#add(entry);
  }

  /** The number of an entry with this digest, -1 for none. */
  find(digest: Uint8Array): number {
    for (let slot = this.#slotOf(digest); ; slot = (slot + 1) % this.#table.length) {
      const entry = (this.#table[slot] ?? 0) - 1;
      if (entry < 0 || this.#isAt(entry, digest)) return entry;
    }
  }

  #add(entry: number): void {
    const digest = this.#digests.subarray(entry * digestBytes, (entry + 1) * digestBytes);
    let slot = this.#slotOf(digest);
    while ((this.#table[slot] ?? 0) !== 0) slot = (slot + 1) % this.#table.length;
    this.#table[slot] = entry + 1;
  }

  #slotOf(digest: Uint8Array): number {
    const bits = ((digest[0] ?? 0) << 24) | ((digest[1] ?? 0) << 16);
    return ((bits | ((digest[2] ?? 0) << 8) | (digest[3] ?? 0)) >>> 0) % this.#table.length;
  }

  #isAt(entry: number, digest: Uint8Array): boolean {
    const at = entry * digestBytes;
    return this.#digests.compare(digest, 0, digestBytes, at, at + digestBytes) === 0;
  }
}
