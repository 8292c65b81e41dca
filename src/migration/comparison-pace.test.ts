import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { comparisonMs, mayFit, nextBatch } from "./comparison-pace.ts";

test("the first batch tells how long all of them take, whatever the way", () => {
  const guest = {
    stretches: fc.integer({ min: 1, max: 65_536 }),
    stretchMs: fc.double({ min: 0.01, max: 5, noNaN: true }),
    roundTripMs: fc.double({ min: 0, max: 100, noNaN: true }),
  };
  fc.assert(
    fc.property(fc.record(guest), ({ stretches, stretchMs, roundTripMs }) => {
      const told: number[] = [];
      let done = { stretches: 0, batches: 0, tookMs: 0 };
      while (done.stretches < stretches) {
        const count = Math.min(nextBatch(done.batches), stretches - done.stretches);
        done = {
          stretches: done.stretches + count,
          batches: done.batches + 1,
          tookMs: done.tookMs + count * stretchMs + roundTripMs,
        };
        told.push(comparisonMs(done, stretches, roundTripMs));
      }
      for (const ms of told) assert.ok(Math.abs(ms / done.tookMs - 1) < 1e-6, `${ms}`);
    }),
  );
});

test("nothing takes less than it took", () => {
  assert.equal(comparisonMs({ stretches: 16, batches: 1, tookMs: 20 }, 16, 50), 20);
  assert.ok(comparisonMs({ stretches: 16, batches: 1, tookMs: 20 }, 64, 50) >= 20);
});

test("the first batch is believed only when it says that twice the time there is would not do", () => {
  assert.equal(mayFit(390, 1, 200), true);
  assert.equal(mayFit(410, 1, 200), false);
  assert.equal(mayFit(210, 2, 200), false);
  assert.equal(mayFit(1, 1, -5), false);
});

test("batches grow, and none is so large that a wrong guess would be felt", () => {
  assert.deepEqual([0, 1, 2, 3, 4, 50].map(nextBatch), [32, 64, 128, 256, 512, 512]);
});
