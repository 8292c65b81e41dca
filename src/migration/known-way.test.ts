import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { waitingDisk, newRecord } from "./new-record.ts";
import { knownWay } from "./known-way.ts";
import type { MigrationRecord } from "./record.ts";

const mib = 1048576;

/** Memory in a second. */
function moved(wireBytes: number, more: Partial<MigrationRecord> = {}): MigrationRecord {
  const facts = {
    ...{ id: "m", vm: { id: "v", name: "web01" }, role: "source" as const },
    ...{ source: "here", target: "there", requestedBy: "root", options: {} },
  };
  return {
    ...newRecord(facts, 0),
    state: "completed",
    wireBytes,
    stages: [
      { name: "setup", startedAt: 0, endedAt: 500 },
      { name: "memory-precopy", startedAt: 500, endedAt: 1500 },
    ],
    ...more,
  };
}

describe("what earlier moves say of the way to a host", () => {
  test("nothing, without a move there that filled it for a while", () => {
    assert.equal(knownWay([], "there"), null);
    const disk = waitingDisk({
      ...{ name: "d", pool: "p", targetPool: "p", virtualBytes: mib, allocatedBytes: mib },
    });
    const untold = [
      moved(100 * mib, { target: "elsewhere" }),
      moved(100 * mib, { role: "target" }),
      moved(100 * mib, { state: "failed" }),
      moved(100 * mib, { disks: [disk] }),
      moved(mib),
    ];
    assert.equal(knownWay(untold, "there"), null);
  });

  test("as much as the fastest of the last few brought", () => {
    assert.equal(knownWay([moved(40 * mib), moved(90 * mib), moved(60 * mib)], "there"), 90 * mib);
  });

  test("not what was true before another network, or another load", () => {
    const now = Array.from({ length: 5 }, () => moved(50 * mib));
    assert.equal(knownWay([...now, moved(1000 * mib)], "there"), 50 * mib);
  });
});
