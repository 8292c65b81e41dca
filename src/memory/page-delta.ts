/**
 * The difference of two versions of a page: exclusive or, in 32-bit little-endian words, with runs of unchanged words
 * left out. A repetition of {uleb128 unchanged words, uleb128 changed words, the changed words' exclusive or}; what
 * follows the last repetition is unchanged. Exclusive or, rather than the new bytes, because counters and pointers
 * change in few bits, and the batch is compressed afterwards. Words are read in the machine's order: x86's and ARM's.
 */
import { FerryError } from "../base/errors.ts";
import { pageBytes } from "./limits.ts";

export const pageWords = pageBytes / 4;

/**
 * Writes the difference from a page in `before` (from word `at` on) to `after` into `output`.
 * @returns its length, 0 for equal pages; -1 if it would be longer than `lengthMax`, with rubbish written
 */
export function encodeDelta(
  before: Int32Array,
  at: number,
  after: Int32Array,
  output: Uint8Array,
  start: number,
  lengthMax: number,
): number {
  let length = 0;
  let word = 0;
  for (;;) {
    const unchangedFrom = word;
    while (word < pageWords && before[at + word] === after[word]) word++;
    if (word === pageWords) break;
    const changedFrom = word;
    // A run that is too long for the limit is too long whatever follows it.
    const changedEnd = Math.min(pageWords, changedFrom + (lengthMax >> 2) + 1);
    while (word < changedEnd && before[at + word] !== after[word]) word++;
    const runBytes = 4 + 4 * (word - changedFrom);
    if (length + runBytes > lengthMax) return -1;
    length += writeUleb(output, start + length, changedFrom - unchangedFrom);
    length += writeUleb(output, start + length, word - changedFrom);
    for (let each = changedFrom; each < word; each++) {
      const difference = (before[at + each] ?? 0) ^ (after[each] ?? 0);
      const to = start + length;
      output[to] = difference;
      output[to + 1] = difference >>> 8;
      output[to + 2] = difference >>> 16;
      output[to + 3] = difference >>> 24;
      length += 4;
    }
  }
  return length;
}

/** Applies a difference to the page in `page` from word `at` on. Throws `peer-protocol` if it is none; half applied. */
export function applyDelta(delta: Uint8Array, page: Int32Array, at: number): void {
  let read = 0;
  let word = 0;
  const uleb = () => {
    const low = delta[read++];
    if (low === undefined) throw notADelta();
    if (low < 0x80) return low;
    const high = delta[read++];
    // Two bytes hold 14 bits, and a page has 1024 words.
    if (high === undefined || high === 0 || high >= 0x80) throw notADelta();
    return (low & 0x7f) | (high << 7);
  };
  while (read < delta.length) {
    word += uleb();
    const end = word + uleb();
    if (end === word || end > pageWords || read + 4 * (end - word) > delta.length) {
      throw notADelta();
    }
    for (; word < end; word++, read += 4) {
      const low = (delta[read] ?? 0) | ((delta[read + 1] ?? 0) << 8);
      const high = ((delta[read + 2] ?? 0) << 16) | ((delta[read + 3] ?? 0) << 24);
      page[at + word] = (page[at + word] ?? 0) ^ (low | high);
    }
  }
}

function writeUleb(output: Uint8Array, at: number, value: number): number {
  if (value < 0x80) {
    output[at] = value;
    return 1;
  }
  output[at] = (value & 0x7f) | 0x80;
  output[at + 1] = value >>> 7;
  return 2;
}

function notADelta(): FerryError {
  return new FerryError(
    "peer-protocol",
    "Cannot apply the difference of a page: it is malformed, runs within one page wanted",
  );
}
