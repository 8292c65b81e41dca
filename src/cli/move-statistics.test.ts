import assert from "node:assert/strict";
import { test } from "node:test";
import type { MigrationRecord } from "../migration/record.ts";
import { moveStatistics } from "./move-statistics.ts";

const move = (vm: string, source: string, state: MigrationRecord["state"], totalMs?: number) =>
  ({
    ...{ vm: { id: vm, name: vm }, source, target: "host-c", state },
    blackout: totalMs === undefined ? null : { totalMs },
  }) as MigrationRecord;

const records = [
  move("web02", "host-a", "completed", 30),
  move("web01", "host-a", "completed", 10),
  move("web01", "host-b", "completed", 20),
  move("web01", "host-b", "failed"),
  move("web01", "host-b", "cancelled"),
];

test("moveStatistics() counts all moves, then each group's, by name", () => {
  assert.deepEqual(moveStatistics(records, "source"), [
    { of: "all", completed: 3, failed: 1, cancelled: 1, blackoutMs: { p50: 20, p95: 30, max: 30 } },
    {
      of: "from host-a",
      completed: 2,
      failed: 0,
      cancelled: 0,
      blackoutMs: { p50: 10, p95: 30, max: 30 },
    },
    {
      of: "from host-b",
      completed: 1,
      failed: 1,
      cancelled: 1,
      blackoutMs: { p50: 20, p95: 20, max: 20 },
    },
  ]);
  assert.deepEqual(
    moveStatistics(records, "vm").map(({ of }) => of),
    ["all", "vm web01", "vm web02"],
  );
});

test("moveStatistics() knows no blackout where nothing completed", () => {
  assert.equal(moveStatistics([], "target")[0]?.blackoutMs, null);
});
