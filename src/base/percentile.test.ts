import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { percentile } from "./percentile.ts";

test("percentile() is the value at the nearest rank, in whatever order they come", () => {
  const values = [50, 15, 20, 40, 35];
  assert.deepEqual(
    [0, 5, 30, 40, 50, 95, 100].map((percent) => percentile(values, percent)),
    [15, 15, 20, 20, 35, 50, 50],
  );
  assert.equal(percentile([], 50), null);
});

test("percentile() is one of the values, and at least so many are not above it", () => {
  const some = fc.array(fc.integer(), { minLength: 1 });
  fc.assert(
    fc.property(some, fc.integer({ min: 0, max: 100 }), (values, percent) => {
      const found = percentile(values, percent);
      assert.ok(found !== null && values.includes(found));
      const below = values.filter((value) => value <= found).length;
      assert.ok(below * 100 >= percent * values.length);
    }),
  );
});
