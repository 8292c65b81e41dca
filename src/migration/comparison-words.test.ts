import assert from "node:assert/strict";
import { test } from "node:test";
import { comparisonWords } from "./comparison-words.ts";
import { newRecord } from "./new-record.ts";
import type { MemoryComparison } from "./blackout-record.ts";
import type { MigrationRecord } from "./record.ts";

function record(differingPages: number | null, comparison?: Partial<MemoryComparison>) {
  const migration = {
    ...{ id: "m", vm: { id: "v", name: "web01" }, source: "a", target: "b" },
    ...{ role: "source" as const, requestedBy: "root", options: {} },
  };
  const whole = { isWhole: true, comparedBytes: 1, tookMs: 112, wholeMs: 112, ...comparison };
  const blackout = { totalMs: 52, tookMs: 30 };
  return {
    ...newRecord(migration, 0),
    differingPages,
    ...(comparison !== undefined && { memoryComparison: whole }),
    blackout: blackout as unknown as MigrationRecord["blackout"],
  };
}

test("a comparison says what it found and what it took", () => {
  assert.equal(comparisonWords(record(null)), undefined);
  assert.equal(comparisonWords(record(0)), "no page differs");
  assert.equal(comparisonWords(record(0, {})), "no page differs, compared in 112 ms");
  assert.equal(comparisonWords(record(3, {})), "3 pages of memory differed");
  assert.equal(
    comparisonWords(record(3, { isWhole: false })),
    "at least 3 pages of memory differed",
  );
});

test("one that the blackout had no time for says how long it would take, and what allows it", () => {
  const left = { isWhole: false, tookMs: 12, wholeMs: 800 };
  assert.equal(
    comparisonWords(record(null, left)),
    "no: comparing all memory takes about 800 ms, more than the blackout allowed had left; allow it with --max-blackout 1300ms",
  );
  assert.match(
    comparisonWords(record(null, { ...left, wholeMs: 60_000 })) ?? "",
    /no blackout that can be allowed is that long$/,
  );
});
