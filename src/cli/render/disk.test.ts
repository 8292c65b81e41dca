import assert from "node:assert/strict";
import test from "node:test";
import { type Disk, diskLine, pacing } from "./disk.ts";

const MiB = 1024 ** 2;
const copying: Disk = {
  ...{ name: "root", pool: "local", targetPool: "fast", virtualBytes: 2048 * MiB },
  ...{ allocatedBytes: 900 * MiB, state: "copying", copiedBytes: 312 * MiB },
  ...{ totalBytes: 900 * MiB, mirroredBytes: 0, rateBytesPerSecond: 80 * MiB, remainingMs: 8_600 },
};
const guestWrites = { operations: 90, bytes: MiB, meanMs: 12.34, usualMs: 0.44, pacedMs: 3200 };

test("a disk that is copied says how far it is and how long it takes", () => {
  assert.equal(diskLine(copying), "disk root: 312 MiB of 900 MiB, 80 MiB/s, about 9.0 s left");
  assert.equal(diskLine({ ...copying, state: "waiting" }), "");
});

test("a disk that is mirrored says what was written since", () => {
  const mirrored: Disk = { ...copying, state: "mirrored", mirroredBytes: 5 * MiB };
  assert.equal(diskLine(mirrored), "disk root: 312 MiB copied, writes are mirrored, 5 MiB so far");
});

test("what it cost the guest is said when it cost something", () => {
  assert.equal(
    pacing({ ...copying, guestWrites }),
    "guest's writes slowed for 3.2 s: 12 ms each, 0.44 ms before",
  );
  assert.equal(pacing({ ...copying, guestWrites: { ...guestWrites, pacedMs: 0 } }), "");
});
