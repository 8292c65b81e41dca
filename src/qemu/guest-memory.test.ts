import assert from "node:assert/strict";
import { test } from "node:test";
import { usedIn } from "./guest-memory.ts";

const MiB = 1024 * 1024;
const guest = 0x7f0000000000;

/** As the kernel writes a mapping, shortened. */
function mapping(start: number, mib: number, rights: string, rssKib: number, swapKib = 0): string {
  const range = `${start.toString(16)}-${(start + mib * MiB).toString(16)}`;
  return [
    `${range} ${rights} 00000000 00:00 0 `,
    `Size:           ${mib * 1024} kB`,
    `Rss:            ${rssKib} kB`,
    `SwapPss:        7 kB`,
    `Swap:           ${swapKib} kB`,
    "",
  ].join("\n");
}

test("memory is used that is there or swapped out", () => {
  const smaps =
    mapping(0x1000, 1, "r-xp", 900) +
    mapping(guest, 64, "rw-p", 2048, 512) +
    mapping(guest + 64 * MiB, 1, "rw-p", 1024);
  assert.equal(usedIn(smaps, guest, 64 * MiB), 2560 * 1024);
});

test("memory that the kernel has in several pieces is one, and counts no more than it is", () => {
  const smaps =
    mapping(guest - MiB, 33, "rw-p", 33 * 1024) + mapping(guest + 32 * MiB, 32, "rw-p", 32 * 1024);
  assert.equal(usedIn(smaps, guest, 64 * MiB), 64 * MiB);
});

test("memory with a gap, too small, or not to be written is none", () => {
  const half = mapping(guest, 32, "rw-p", 0);
  assert.equal(usedIn(half, guest, 64 * MiB), undefined);
  assert.equal(usedIn(half + mapping(guest + 33 * MiB, 32, "rw-p", 0), guest, 64 * MiB), undefined);
  assert.equal(usedIn(half + mapping(guest + 32 * MiB, 32, "r--p", 0), guest, 64 * MiB), undefined);
  assert.equal(usedIn("", guest, 64 * MiB), undefined);
});
