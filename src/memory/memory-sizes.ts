/**
 * The record of memory sizes: which blocks of memory follow, and how large they are. Read as it is without post-copy
 * and `x-ignore-shared` at the source, which add fields to it that nothing announces: then the sums do not agree.
 */
import type { Cursor } from "./cursor.ts";
import { blocksMax, pageBytes, pagesMax } from "./limits.ts";
import { type RamBlock, recordFlags } from "./qemu-stream.ts";

/** Reads what follows the record's address and flags. A string says what is wrong with it. */
export function readMemorySizes(cursor: Cursor, totalBytes: number): RamBlock[] | string {
  if (!(totalBytes > 0 && totalBytes / pageBytes <= pagesMax)) return "memory of an unlikely size";
  const blocks: RamBlock[] = [];
  const names = new Set<string>();
  let sum = 0;
  while (sum < totalBytes) {
    const name = cursor.name();
    const usedBytes = cursor.be64();
    if (cursor.isShort) return blocks;
    if (blocks.length === blocksMax) return "too many blocks of memory";
    if (name === "" || names.has(name)) return "blocks of memory without names of their own";
    if (usedBytes === 0 || usedBytes % pageBytes !== 0) return "a block of an unlikely size";
    names.add(name);
    blocks.push({ name, usedBytes });
    sum += usedBytes;
  }
  return sum === totalBytes ? blocks : "blocks of memory that do not add up";
}

/** The whole record. */
export function writeMemorySizes(blocks: readonly RamBlock[]): Buffer {
  const parts = [be64(sumOf(blocks) + recordFlags.memorySizes)];
  for (const { name, usedBytes } of blocks) {
    parts.push(Buffer.from([name.length]), Buffer.from(name, "latin1"), be64(usedBytes));
  }
  return Buffer.concat(parts);
}

function sumOf(blocks: readonly RamBlock[]): number {
  return blocks.reduce((sum, { usedBytes }) => sum + usedBytes, 0);
}

function be64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}
