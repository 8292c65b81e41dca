import assert from "node:assert/strict";
import test from "node:test";
import { stripVTControlCharacters, styleText } from "node:util";
import fc from "fast-check";
import { plan } from "../migration/plan.ts";
import type { MigrationRecord } from "../migration/record.ts";
import { glyphsFor, liveView, logLines, plainView, stageMarks } from "./progress-line.ts";
import { aRecord } from "../../test/cli/sample-record.ts";

const start = new Date(2026, 10, 23, 12, 0, 0).getTime();

const running = aRecord({
  state: "running",
  startedAt: start,
  stage: "memory-precopy",
  stages: [
    { name: "setup", startedAt: start, endedAt: start + 900 },
    { name: "memory-precopy", startedAt: start + 900, endedAt: null },
  ],
  rounds: [
    {
      number: 1,
      startedAt: start + 900,
      durationMs: 2000,
      bytesSent: 512 * 1024 ** 2,
      remainingBytes: 64 * 1024 ** 2,
      dirtyBytesPerSecond: 12 * 1024 ** 2,
      linkBytesPerSecond: 256 * 1024 ** 2,
    },
  ],
  progress: {
    at: start + 3000,
    round: 2,
    totalBytes: 1024 ** 3,
    transferredBytes: 600 * 1024 ** 2,
    remainingBytes: 40 * 1024 ** 2,
    percent: 58.9,
    rateBytesPerSecond: 118 * 1024 ** 2,
    dirtyBytesPerSecond: 12 * 1024 ** 2,
    expectedBlackoutMs: 38,
    remainingMs: 4000,
    remainingMsUncertainty: 1100,
    wireBytes: 300 * 1024 ** 2,
    throttlePercent: 20,
  },
});

test("liveView shows stages, bar and every figure there is", () => {
  assert.deepEqual(
    liveView(running, plainView),
    [
      "web01: host-a -> host-b, running",
      "+ setup  - storage-mirror  > memory-precopy    modified-pages  ",
      "  storage-handover    resume    memory-postcopy    network-cleanup",
      `${"#".repeat(35)}${".".repeat(25)}  58 %`,
      "round 2, 600 MiB sent, 40 MiB remaining, 118 MiB/s",
      "guest writes 12 MiB/s, about 4 ± 1 s left, expected blackout 38 ms, guest slo...",
    ].map((line) => line.trimEnd()),
  );
});

test("liveView leaves out what is not known yet", () => {
  const lines = liveView(aRecord({ state: "queued" }), plainView);
  assert.equal(lines.length, 3);
  assert.doesNotMatch(lines.join("\n"), /NaN|null|undefined|%/);
});

test("no line of liveView is wider than the terminal, colours aside", () => {
  const style = (name: Parameters<typeof plainView.style>[0], text: string) =>
    styleText(name, text, { validateStream: false });
  fc.assert(
    fc.property(
      fc.integer({ min: 30, max: 200 }),
      fc.double({ min: 0, max: 100, noNaN: true }),
      (width, percent) => {
        const progress = running.progress && { ...running.progress, percent };
        for (const line of liveView({ ...running, progress }, { ...plainView, width, style })) {
          assert.ok(stripVTControlCharacters(line).length <= width, line);
        }
      },
    ),
  );
});

test("stageMarks covers the plan; a stage passed over is skipped, later ones are pending", () => {
  const marks = stageMarks(running);
  assert.deepEqual(
    [...marks.keys()],
    plan.map(({ name }) => name),
  );
  assert.deepEqual(
    [...marks.values()],
    ["done", "skipped", "running", "pending", "pending", "pending", "pending", "pending"],
  );
});

test("logLines says each stage, round and change of state once, in the order of time", () => {
  const first = logLines(undefined, running);
  assert.deepEqual(first, [
    "2026-11-23 12:00:00.000 web01 setup",
    "2026-11-23 12:00:00.900 web01 memory-precopy",
    "2026-11-23 12:00:02.900 web01 round 1: 512 MiB sent in 2.0 s, 64 MiB remaining, guest writes 12 MiB/s, link 256 MiB/s",
  ]);
  assert.deepEqual(logLines(running, running), []);
  const ended: MigrationRecord = { ...running, state: "completed", endedAt: start + 5000 };
  assert.deepEqual(logLines(running, ended), ["2026-11-23 12:00:05.000 web01 completed"]);
});

test("glyphsFor draws blocks only where the locale is UTF-8", () => {
  assert.equal(glyphsFor({ LANG: "C.UTF-8" }).full, "█");
  assert.equal(glyphsFor({ LANG: "C.UTF-8", LC_ALL: "POSIX" }).full, "#");
  assert.equal(glyphsFor({}).full, "#");
});
