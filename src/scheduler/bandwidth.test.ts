import assert from "node:assert/strict";
import { test } from "node:test";
import { bandwidthAt, windowFaults } from "./bandwidth.ts";

const day = { from: "08:00", to: "18:00", bytesPerSecond: 10_000_000 };
const night = { from: "22:00", to: "06:00", bytesPerSecond: null };
const limit = { bytesPerSecond: 50_000_000, windows: [day, night] };
const at = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

test("bandwidthAt() is the window's limit in a window, else the limit that always holds", () => {
  assert.equal(bandwidthAt(limit, at("07:59")), 50_000_000);
  assert.equal(bandwidthAt(limit, at("08:00")), 10_000_000);
  assert.equal(bandwidthAt(limit, at("17:59")), 10_000_000);
  assert.equal(bandwidthAt(limit, at("18:00")), 50_000_000);
});

test("bandwidthAt() follows a window over midnight, also one without limit", () => {
  for (const time of ["22:00", "23:59", "00:00", "05:59"])
    assert.equal(bandwidthAt(limit, at(time)), null);
  assert.equal(bandwidthAt(limit, at("06:00")), 50_000_000);
});

test("windowFaults() finds empty windows and windows that overlap, also over midnight", () => {
  const faults = (...windows: (typeof day | typeof night)[]) =>
    windowFaults("memoryBandwidth", { bytesPerSecond: null, windows });
  assert.deepEqual(faults(day, night), []);
  assert.deepEqual(faults({ ...day, to: "08:00" }), [
    "memoryBandwidth: window 08:00-08:00 is empty",
  ]);
  assert.deepEqual(faults(night, { ...day, from: "05:00" }), [
    "memoryBandwidth: windows 22:00-06:00 and 05:00-18:00 overlap",
  ]);
});
