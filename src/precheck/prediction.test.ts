import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { MigrationRecord } from "../migration/record.ts";
import { joinedMoves, ownPastMoves, pastMoves } from "./past-moves.ts";
import { predict, type PredictionInput } from "./prediction.ts";

const MiB = 1048576;

function input(more: {
  used?: number;
  dirty?: number | null;
  rate?: number;
  diskBytes?: number;
  compared?: number | null;
}): PredictionInput {
  const { used = 256 * MiB, dirty = 0, rate = 64 * MiB, diskBytes = 0, compared = null } = more;
  return {
    guest: { usedBytes: used, dirtyBytesPerSecond: dirty, compareMs: compared },
    link: { addresses: ["10.0.0.2"], bytesPerSecond: 10_000 * MiB, roundTripMs: 1 },
    past: {
      ...{ moves: 3, fixedMs: 2000, guestBytesPerSecond: rate, wireRatio: 0.5, wireRatioMin: 0.5 },
      ...{ blackoutMs: 60, lastSendMs: 20, diskBytesPerSecond: null, diskWireRatio: 0.5 },
    },
    diskBytes,
    ...{ bandwidthBytesPerSecond: null, storageBytesPerSecond: null },
    blackoutMsMax: 500,
  };
}

test("a guest that writes nothing takes the fixed time and one pass", () => {
  const { totalMs, blackoutMs, wireBytes, converges, advice } = predict(input({}));
  assert.deepEqual(
    { totalMs, blackoutMs, wireBytes, converges, advice },
    {
      ...{ totalMs: 2000 + 4000, blackoutMs: 80, wireBytes: 128 * MiB },
      ...{ converges: true, advice: null },
    },
  );
});

test("a guest that writes faster than memory crosses is known beforehand, with what would help", () => {
  const { converges, advice } = predict(input({ dirty: 80 * MiB }));
  assert.equal(converges, false);
  assert.match(advice ?? "", /changes 80 MiB\/s, memory crosses at 64 MiB\/s: .*--max-blackout/);
});

test("a comparison of memory is part of the blackout, or is known beforehand not to fit it", () => {
  const fits = predict(input({ compared: 250 }));
  assert.deepEqual([fits.blackoutMs, fits.advice], [80 + 250, null]);
  const tooLong = predict(input({ compared: 500 }));
  assert.equal(tooLong.blackoutMs, 80);
  assert.match(tooLong.advice ?? "", /about 500 ms, .* a blackout of 500 ms: .*--max-blackout/);
});

test("a slow link, or a limit, decides instead of the hosts", () => {
  const slow = { ...input({}), bandwidthBytesPerSecond: 16 * MiB };
  // At half a byte on the wire for one of memory.
  assert.equal(predict(slow).guestBytesPerSecond, 32 * MiB);
  const link = { addresses: ["10.0.0.2"], bytesPerSecond: 8 * MiB, roundTripMs: 1 };
  const full = predict({ ...input({}), link });
  assert.equal(full.guestBytesPerSecond, 16 * MiB);
  // What is on the way when the guest stops drains first, by the session's own bound.
  assert.equal(full.blackoutMs, predict(input({})).blackoutMs + 10);
});

test("disks cross as they compress, as fast as the link, their limit and past copies allow", () => {
  const withDisk = input({ diskBytes: 1000 * MiB });
  const idle = predict(input({}));
  const limited = predict({ ...withDisk, storageBytesPerSecond: 10 * MiB });
  assert.equal(limited.totalMs - idle.totalMs, 50_000);
  assert.equal(limited.wireBytes - idle.wireBytes, 500 * MiB);
  const past = { ...withDisk.past, diskBytesPerSecond: 100 * MiB };
  assert.equal(predict({ ...withDisk, past }).totalMs - idle.totalMs, 10_000);
});

test("more memory, more writing or more disk never shortens what is expected", () => {
  const bytes = fc.integer({ min: 1, max: 4096 }).map((mib) => mib * MiB);
  const more = fc.record({ used: bytes, dirty: bytes, rate: bytes, diskBytes: bytes });
  fc.assert(
    fc.property(more, bytes, ({ used, dirty, rate, diskBytes }, extra) => {
      const before = predict(input({ used, dirty, rate, diskBytes }));
      assert.ok(Number.isFinite(before.totalMs) && before.blackoutMs >= 80);
      const disks = predict(input({ used, dirty, rate, diskBytes: diskBytes + extra }));
      assert.ok(disks.totalMs >= before.totalMs && disks.wireBytes >= before.wireBytes);
      const idle = predict(input({ used, dirty: 0, rate, diskBytes }));
      assert.ok(idle.totalMs <= before.totalMs && idle.blackoutMs <= before.blackoutMs);
      const larger = predict(input({ used: used + extra, dirty: 0, rate, diskBytes }));
      assert.ok(larger.totalMs >= idle.totalMs);
    }),
  );
});

function moved(more: Partial<MigrationRecord>): MigrationRecord {
  return {
    ...{ role: "source", state: "completed", target: "host-b", options: {} },
    ...{ startedAt: 0, endedAt: 5000, guestBytes: 200 * MiB, diskBytes: 0, wireBytes: 100 * MiB },
    stages: [{ name: "memory-precopy", startedAt: 1000, endedAt: 3000 }],
    blackout: { totalMs: 90, disksMs: 10, sendMs: 20, loadMs: 20, handoverMs: 20, resumeMs: 20 },
    ...more,
  } as unknown as MigrationRecord;
}

test("what a move costs is learned from those that ended well, to the same host if there are any", () => {
  const records = [
    moved({ endedAt: 9000, state: "failed" }),
    moved({}),
    moved({ target: "host-c", endedAt: 60_000 }),
  ];
  assert.deepEqual(pastMoves(records, "host-b", "compression"), {
    moves: 1,
    fixedMs: 3000,
    // Six digits are kept.
    guestBytesPerSecond: 104_858_000,
    ...{ wireRatio: 0.5, wireRatioMin: 0.5 },
    blackoutMs: 60,
    lastSendMs: 20,
    diskBytesPerSecond: null,
    diskWireRatio: 0.7,
  });
  const stages = [{ name: "storage-mirror", startedAt: 500, endedAt: 2500 }];
  const disks = [{ wireBytes: 60 * MiB, copiedBytes: 100 * MiB }];
  const copied = { diskBytes: 100 * MiB, stages, disks } as unknown as Partial<MigrationRecord>;
  const { diskBytesPerSecond, diskWireRatio } = pastMoves([moved(copied)], "host-b", "compression");
  assert.deepEqual([diskBytesPerSecond, diskWireRatio], [50 * MiB, 0.6]);
  assert.equal(pastMoves(records, "host-d", "compression").moves, 2);
  assert.equal(pastMoves([], "host-b", "compression").moves, 0);
});

test("a host tells its own moves by option, and nothing where it has made none", () => {
  const records = [
    moved({ options: { performance: "tcp" }, target: "host-c" }),
    moved({ endedAt: 7000 }),
    moved({ role: "target" }),
    moved({ endedAt: 6000 }),
  ];
  assert.deepEqual(
    ownPastMoves(records).map(({ performance, past }) => [performance, past.moves, past.fixedMs]),
    [
      ["tcp", 1, 3000],
      ["compression", 2, 4472.14],
    ],
  );
  assert.deepEqual(ownPastMoves([]), []);
});

test("the moves of two hosts count together as long as the own are few, each figure by the factor it differs", () => {
  const slow = pastMoves([moved({})], "host-b", "compression");
  const fast = pastMoves([moved({ guestBytes: 800 * MiB })], "host-b", "compression");
  assert.deepEqual(joinedMoves(slow, fast), {
    ...slow,
    ...{ moves: 2, guestBytesPerSecond: 209_715_000, wireRatio: 0.25, wireRatioMin: 0.125 },
  });
  const many = pastMoves(
    Array.from({ length: 12 }, () => moved({})),
    "host-b",
    "compression",
  );
  assert.deepEqual(joinedMoves(many, fast), many);
});
