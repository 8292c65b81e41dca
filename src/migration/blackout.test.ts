import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { splitBlackout } from "./blackout.ts";

test("splitBlackout() gives every part its time", () => {
  const moments = {
    ...{ stoppedAt: 96, continuedAt: 100, lastByteAt: 112, loadedAt: 120 },
    ...{ handedOverAt: 125, takenAt: 131, roundTripMs: 2 },
  };
  assert.deepEqual(splitBlackout(moments, 21), {
    ...{ disksMs: 4, sendMs: 12, loadMs: 8, handoverMs: 5, resumeMs: 5, totalMs: 34 },
    qemuDowntimeMs: 21,
  });
});

test("splitBlackout() never has a negative part, and its parts sum to the total", () => {
  const moment = fc.double({ min: 0, max: 1e6, noNaN: true });
  const moments = fc.record({
    ...{ stoppedAt: moment, continuedAt: moment, lastByteAt: moment, loadedAt: moment },
    ...{ handedOverAt: moment, takenAt: moment, roundTripMs: moment },
  });
  fc.assert(
    fc.property(moments, (given) => {
      const { totalMs, qemuDowntimeMs: _, ...split } = splitBlackout(given, null);
      const parts = Object.values(split);
      assert.ok(parts.every((part) => part >= 0));
      assert.ok(Math.abs(parts.reduce((sum, part) => sum + part, 0) - totalMs) < 0.05);
    }),
  );
});
