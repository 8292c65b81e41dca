import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { firstPacing, toGuestWrites, type WriteSample, withWrites } from "./write-pacing.ts";

/** The disk did 100 writes of half a millisecond before the move. */
const before: WriteSample = { at: 0, operations: 100, bytes: 409_600, waitedMs: 50 };

function sample(at: number, operations: number, waitedMs: number): WriteSample {
  return {
    at,
    operations: 100 + operations,
    bytes: 409_600 + operations * 4096,
    waitedMs: 50 + waitedMs,
  };
}

test("writes as fast as before cost nothing", () => {
  const pacing = withWrites(firstPacing(before), sample(200, 50, 30));
  assert.deepEqual(toGuestWrites(pacing), {
    ...{ operations: 50, bytes: 204_800, meanMs: 0.6, usualMs: 0.5, pacedMs: 0 },
  });
});

test("slower writes count for the time they were slow", () => {
  const slow = withWrites(firstPacing(before), sample(200, 10, 200));
  assert.equal(toGuestWrites(slow).pacedMs, 200);
  assert.equal(toGuestWrites(withWrites(slow, sample(400, 100, 240))).pacedMs, 200);
});

test("a write that waited for a broken link counts whole, though nothing was counted meanwhile", () => {
  let pacing = firstPacing(before);
  for (let at = 200; at < 10_000; at += 200) pacing = withWrites(pacing, sample(at, 0, 0));
  assert.equal(toGuestWrites(withWrites(pacing, sample(10_000, 1, 9_900))).pacedMs, 9_900);
});

test("a guest that seldom writes was held up no longer than its writes took", () => {
  const pacing = withWrites(firstPacing(before), sample(60_000, 1, 20));
  assert.equal(toGuestWrites(pacing).pacedMs, 20);
});

test("it never costs more than the time that passed, nor less than nothing", () => {
  const steps = fc.array(fc.tuple(fc.nat(1000), fc.nat(20), fc.nat(5000)), { maxLength: 30 });
  fc.assert(
    fc.property(steps, (made) => {
      let [at, operations, waitedMs] = [0, 0, 0];
      let pacing = firstPacing(before);
      for (const [ms, writes, waited] of made) {
        [at, operations, waitedMs] = [at + ms, operations + writes, waitedMs + waited * writes];
        pacing = withWrites(pacing, sample(at, operations, waitedMs));
        const { pacedMs } = toGuestWrites(pacing);
        assert.ok(pacedMs >= 0 && pacedMs <= at);
      }
    }),
  );
});
