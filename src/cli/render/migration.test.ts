import assert from "node:assert/strict";
import test from "node:test";
import { aRecord } from "../../../test/cli/sample-record.ts";
import { migrationStates } from "../../migration/record.ts";
import { renderMigration, renderMigrationList, renderReport } from "./migration.ts";

const completed = aRecord({
  state: "completed",
  startedAt: 1_795_000_000_100,
  endedAt: 1_795_000_006_300,
  blackout: {
    totalMs: 43,
    disksMs: 0,
    sendMs: 21,
    loadMs: 12,
    handoverMs: 3,
    resumeMs: 7,
    qemuDowntimeMs: 38,
  },
  rounds: [1, 2].map((number) => ({
    number,
    startedAt: 1_795_000_000_100,
    durationMs: 900,
    bytesSent: 512 * 1024 ** 2,
    remainingBytes: 1024 ** 2,
    dirtyBytesPerSecond: 0,
    linkBytesPerSecond: 100 * 1024 ** 2,
  })),
  guestBytes: 1.21 * 1024 ** 3,
  wireBytes: 312 * 1024 ** 2,
  differingPages: 0,
});

test("the report of a completed move says where, how long, the blackout's parts and the bytes", () => {
  assert.equal(
    renderReport(completed),
    [
      "web01 moved from host-a to host-b in 6.2 s and runs there",
      "blackout  43 ms: sending 21 ms, loading 12 ms, handover 3 ms, resuming 7 ms",
      "memory    1.21 GiB in 2 rounds, 312 MiB on the wire",
      "verified  no page differs",
    ].join("\n"),
  );
});

test("every state has a report that names the VM, and a full view", () => {
  for (const state of migrationStates) {
    const record = aRecord({ state });
    assert.match(renderReport(record), /web01/);
    assert.match(renderMigration(record), new RegExp(`state +${state}`));
  }
});

test("a failed move says on which host the VM runs, in which stage it failed, and what to do", () => {
  const error = {
    code: "no-space",
    message: "Cannot x",
    remedy: "Free y",
    stage: "setup",
  } as const;
  const text = renderMigration(aRecord({ state: "failed", error }));
  assert.match(text, /failed; it runs on host-a/);
  assert.match(text, /in setup: Cannot x/);
  assert.match(text, /remedy +Free y/);
});

test("the list has a line for each, with what is known of its time and blackout", () => {
  const lines = renderMigrationList([completed, aRecord()]).split("\n");
  assert.equal(lines.length, 3);
  assert.match(lines[1] ?? "", /web01 +host-a +host-b +completed .* +6.2 s +43 ms$/);
  assert.match(lines[2] ?? "", /running .* +- +-$/);
});
