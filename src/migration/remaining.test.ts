import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { remainingTime, withRate } from "./remaining.ts";

test("remainingTime() promises nothing while the guest writes as fast as the link carries", () => {
  assert.equal(remainingTime(1e9, []), null);
  assert.equal(remainingTime(1e9, [0, 0]), null);
  assert.equal(remainingTime(1e9, [-5e6, 4e6]), null);
});

test("remainingTime() of a steady rate is the rest over the rate, give or take a twentieth", () => {
  assert.deepEqual(remainingTime(1e9, [1e8, 1e8, 1e8]), { ms: 10_000, uncertaintyMs: 500 });
});

test("remainingTime() is less sure the more the rate swings, and never surer than all or nothing", () => {
  const calm = remainingTime(1e9, [9e7, 1.1e8]);
  const wild = remainingTime(1e9, [1e7, 1.9e8]);
  assert.ok(calm !== null && wild !== null && calm.uncertaintyMs < wild.uncertaintyMs);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1e9, max: 1e9 })), fc.nat(), (rates, bytes) => {
      const time = remainingTime(bytes, rates);
      return time === null || (time.uncertaintyMs >= 0 && time.uncertaintyMs <= time.ms);
    }),
  );
});

test("withRate() forgets rates of long ago", () => {
  const rates = Array.from({ length: 100 }, (_, index) => index).reduce<readonly number[]>(
    withRate,
    [],
  );
  assert.equal(rates.length, 40);
  assert.equal(rates.at(-1), 99);
});
