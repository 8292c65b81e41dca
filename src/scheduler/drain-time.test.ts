import assert from "node:assert/strict";
import { test } from "node:test";
import type { MigrationRecord } from "../migration/record.ts";
import { drainTime } from "./drain-time.ts";

/** One that took `ms` for a VM of 1000 bytes. */
const past = (ms: number, state: MigrationRecord["state"] = "completed") =>
  ({
    ...{ role: "source", state, startedAt: 0, endedAt: ms, diskBytes: 0 },
    progress: { totalBytes: 1000 },
  }) as MigrationRecord;
const vm = (memoryBytes: number, diskBytes = 0) => ({ memoryBytes, diskBytes });

test("drainTime() scales the usual pace of past moves to the sizes, side by side", () => {
  const usual = [past(8_000), past(10_000), past(90_000), past(1, "failed")];
  assert.equal(drainTime([vm(1000), vm(500, 500)], usual, 1), 20_000);
  assert.equal(drainTime([vm(1000), vm(1000), vm(1000), vm(1000)], usual, 2), 20_000);
});

test("drainTime() is never less than the longest of its moves, nor than moves take at least", () => {
  assert.equal(drainTime([vm(5000), vm(1)], [past(10_000)], 2), 50_000);
  assert.equal(drainTime([vm(1)], [past(10_000)], 2), 500);
});

test("drainTime() says nothing where nothing has moved yet, or nothing moves", () => {
  assert.equal(drainTime([vm(1000)], [past(5, "cancelled")], 2), null);
  assert.equal(drainTime([], [past(5)], 2), null);
});
