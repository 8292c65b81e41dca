import assert from "node:assert/strict";
import test from "node:test";
import type { CheckReport } from "../../api/schema/check.ts";
import { renderCheck, renderRefusal } from "./check.ts";

const report: CheckReport = {
  vm: { id: "1", name: "web01" },
  source: "host-a",
  target: "host-b",
  possible: false,
  disks: [],
  files: [],
  options: {},
  checkedAt: 0,
  findings: [
    { check: "memory", severity: "passed", host: "host-b", message: "Enough", remedy: null },
    { check: "clock", severity: "warning", host: "host-b", message: "2 s off", remedy: "Use NTP" },
    { check: "pool", severity: "blocking", host: "host-b", message: "No pool", remedy: "Make it" },
  ],
};

test("what blocks comes first, each with its remedy, and the verdict ends the report", () => {
  assert.equal(
    renderCheck(report),
    [
      "BLOCKS   pool (host-b): No pool",
      "         remedy: Make it",
      "warning  clock (host-b): 2 s off",
      "         remedy: Use NTP",
      "passed   memory (host-b): Enough",
      "web01 cannot move from host-a to host-b: 1 of 3 checks stands against it",
    ].join("\n"),
  );
  const possible = { ...report, possible: true, findings: [] };
  assert.equal(renderCheck(possible), "web01 can move from host-a to host-b");
});

test("a refused move shows the verdict first, and only what stands against it", () => {
  const [verdict, ...lines] = renderRefusal(report);
  assert.match(verdict ?? "", /cannot move/);
  assert.deepEqual(
    lines.map((line) => line.slice(0, 7)),
    ["BLOCKS ", "       ", "warning", "       "],
  );
});

test("what a possible move is expected to be like stands below the verdict, a move that is not possible has none", () => {
  const prediction = {
    ...{
      totalMs: 6200,
      blackoutMs: 90,
      wireBytes: 128 * 2 ** 20,
      converges: false,
      advice: "slow down",
    },
    ...{
      usedBytes: 256 * 2 ** 20,
      dirtyBytesPerSecond: 2 ** 20,
      guestBytesPerSecond: 64 * 2 ** 20,
    },
    link: { addresses: ["10.0.0.2"], bytesPerSecond: 100 * 2 ** 20, roundTripMs: 1 },
    pastMoves: 3,
  };
  const text = renderCheck({ ...report, possible: true, prediction });
  assert.match(text, /expected {2}6\.2 s in all, blackout 90 ms, 128 MiB on the wire/);
  assert.match(text, /changing 1 MiB\/s; link 100 MiB\/s, round trip 1 ms; from 3 past moves/);
  assert.match(text, /slow down/);
  assert.doesNotMatch(renderCheck({ ...report, prediction }), /expected/);
});

test("what changed since a kept report is told", () => {
  const change = {
    check: "memory",
    host: "host-b",
    severity: "blocking",
    message: "too little",
  } as const;
  const text = renderCheck({ ...report, changes: [{ ...change, kind: "mended" }] });
  assert.match(text, /mended {3}memory \(host-b\): too little/);
  assert.match(renderCheck({ ...report, changes: [] }), /Nothing changed since the kept report/);
});
