import assert from "node:assert/strict";
import test from "node:test";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatPreciseTime,
  formatRate,
  formatTime,
} from "./format.ts";

test("formatBytes keeps three digits and moves on to the next unit before a fourth", () => {
  const cases: [number, string][] = [
    [0, "0 B"],
    [999, "999 B"],
    [1000, "0.98 KiB"],
    [1024, "1 KiB"],
    [512 * 1024 ** 2, "512 MiB"],
    [1023.9 * 1024 ** 2, "1 GiB"],
    [1.214 * 1024 ** 3, "1.21 GiB"],
    [12.34 * 1024 ** 3, "12.3 GiB"],
    [100 * 1024 ** 3, "100 GiB"],
    [5000 * 1024 ** 5, "5000 PiB"],
  ];
  for (const [bytes, text] of cases) assert.equal(formatBytes(bytes), text);
  assert.equal(formatRate(118 * 1024 ** 2), "118 MiB/s");
});

test("formatDuration chooses the unit by size and never writes 60 seconds", () => {
  const cases: [number, string][] = [
    [0, "0 ms"],
    [0.42, "0.4 ms"],
    [9.96, "10 ms"],
    [43.4, "43 ms"],
    [999.6, "1.0 s"],
    [6234, "6.2 s"],
    [59_960, "1 min 00 s"],
    [125_000, "2 min 05 s"],
    [3_599_600, "1 h 00 min"],
    [3_720_000, "1 h 02 min"],
  ];
  for (const [milliseconds, text] of cases) assert.equal(formatDuration(milliseconds), text);
});

test("formatTime writes local time to the second, formatPreciseTime to the millisecond", () => {
  const at = new Date(2026, 10, 3, 4, 5, 6, 7).getTime();
  assert.equal(formatTime(at), "2026-11-03 04:05:06");
  assert.equal(formatPreciseTime(at), "2026-11-03 04:05:06.007");
});

test("formatCount knows one from many", () => {
  assert.deepEqual([formatCount(1, "round"), formatCount(0, "round")], ["1 round", "0 rounds"]);
});
