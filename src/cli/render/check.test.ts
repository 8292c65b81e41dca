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
