import assert from "node:assert/strict";
import { test } from "node:test";
import { standstillMs } from "./standstill.ts";

const progress = {
  ...{ at: 0, round: 1, totalBytes: 400e6, transferredBytes: 200e6, percent: 50 },
  ...{ remainingBytes: 200e6, rateBytesPerSecond: 5e6, dirtyBytesPerSecond: 0 },
  ...{ expectedBlackoutMs: 20, remainingMs: null, remainingMsUncertainty: null },
  ...{ wireBytes: 100e6, throttlePercent: 0 },
};

test("in the first round all that is left counts, not the limit that QEMU names", () => {
  assert.equal(standstillMs(progress), 40_000);
});

test("QEMU's expectation counts where it is the longer one; without a rate nothing is said", () => {
  assert.equal(standstillMs({ ...progress, remainingBytes: 0 }), 20);
  assert.equal(standstillMs({ ...progress, rateBytesPerSecond: 0 }), null);
});
