import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { newRecord } from "./new-record.ts";
import { knownWay } from "./known-way.ts";
import type { MigrationRecord } from "./record.ts";

const mib = 1048576;

const mirror = { name: "storage-mirror" as const, startedAt: 0, endedAt: 500 };

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
    const untold = [
      moved(100 * mib, { target: "elsewhere" }),
      moved(100 * mib, { state: "failed" }),
      moved(100 * mib, { stages: [mirror, ...moved(0).stages] }),
      moved(mib),
    ];
    assert.equal(knownWay(untold, "there"), null);
  });

  test("as much as the fastest of the last few brought", () => {
    assert.equal(knownWay([moved(40 * mib), moved(90 * mib), moved(60 * mib)], "there"), 90 * mib);
  });

  test("not the mean of a move that waited for its processors, but its best moment", () => {
    const waited = moved(50 * mib, { wirePeakBytesPerSecond: 110 * mib });
    assert.equal(knownWay([waited], "there"), 110 * mib);
  });

  test("what came from there, where nothing went there yet", () => {
    const came = { role: "target", source: "there", target: "here" } as const;
    assert.equal(knownWay([moved(80 * mib, came)], "there"), 80 * mib);
    assert.equal(knownWay([moved(80 * mib, came), moved(60 * mib)], "there"), 60 * mib);
    assert.equal(knownWay([moved(80 * mib, { ...came, source: "elsewhere" })], "there"), null);
  });

  test("nothing of a move that its own limit held", () => {
    const limited = (bandwidthBytesPerSecond: number) =>
      knownWay([moved(50 * mib, { options: { bandwidthBytesPerSecond } })], "there");
    assert.equal(limited(55 * mib), null);
    assert.equal(limited(500 * mib), 50 * mib);
  });

  test("not what was true before another network, or another load", () => {
    const now = Array.from({ length: 5 }, () => moved(50 * mib));
    assert.equal(knownWay([...now, moved(1000 * mib)], "there"), 50 * mib);
  });
});
