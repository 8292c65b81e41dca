import assert from "node:assert/strict";
import { test } from "node:test";
import type { MirrorStatus } from "../qemu/mirror.ts";
import { type DiskSample, toDiskRecord, toMirrorProgress, withSample } from "./disk-progress.ts";
import { waitingDisk } from "./new-record.ts";

const waiting = waitingDisk({
  ...{ name: "root", pool: "local", targetPool: "local" },
  ...{ virtualBytes: 10_000, allocatedBytes: 1_000 },
});

function mirror(copiedBytes: number, totalBytes: number, ready = false): MirrorStatus {
  return { id: "mirror0", copiedBytes, totalBytes, ready, synchronous: ready };
}

test("a disk is copying until its mirror is ready, with the time left from the latest rate", () => {
  const samples: DiskSample[] = [
    { at: 0, bytes: 0 },
    { at: 1000, bytes: 400 },
  ];
  const record = toDiskRecord(waiting, mirror(400, 1_000), samples);
  assert.equal(record.state, "copying");
  assert.deepEqual([record.rateBytesPerSecond, record.remainingMs], [400, 1_500]);
});

test("before QEMU knows how much there is to copy, the checks' figure stands", () => {
  const record = toDiskRecord(waiting, mirror(0, 0), [{ at: 0, bytes: 0 }]);
  assert.deepEqual([record.totalBytes, record.remainingMs], [1_000, null]);
});

test("what is copied after the first copy was complete is what the guest wrote", () => {
  const copied = toDiskRecord(waiting, mirror(1_000, 1_000, true), []);
  assert.deepEqual([copied.state, copied.mirroredBytes], ["mirrored", 0]);
  const later = toDiskRecord(copied, mirror(1_300, 1_300, true), []);
  assert.equal(later.mirroredBytes, 300);
  assert.equal(toDiskRecord(later, mirror(1_500, 1_500, true), []).mirroredBytes, 500);
});

test("withSample() forgets what is older than the window, but for one that spans it", () => {
  let samples: DiskSample[] = [];
  for (let at = 0; at <= 10_000; at += 1_000) samples = withSample(samples, { at, bytes: at });
  assert.deepEqual(
    samples.map(({ at }) => at),
    [7_000, 8_000, 9_000, 10_000],
  );
});

const carried = { wireBytes: 0, networks: [] };

test("toMirrorProgress() sums the disks and leaves room in the bar for memory", () => {
  const disks = [mirror(600, 1_000), mirror(1_000, 1_000, true)].map((status) =>
    toDiskRecord(waiting, status, []),
  );
  const progress = toMirrorProgress(disks, 0, carried, 5);
  assert.deepEqual([progress.transferredBytes, progress.remainingBytes], [1_600, 400]);
  assert.equal(progress.percent, 72);
  assert.ok(toMirrorProgress(disks, 1, carried, 5).percent < 72);
});
