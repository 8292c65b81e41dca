import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { PageBits } from "./page-bits.ts";

const pages = 200;
const aRange = fc
  .tuple(fc.nat(pages), fc.nat(pages))
  .map(([a, b]) => ({ first: Math.min(a, b), count: Math.abs(a - b) }));

test("runs() are the set pages of a range, in order, none longer than asked", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(pages - 1), { maxLength: 100, size: "max" }),
      fc.array(aRange, { maxLength: 3 }),
      aRange,
      fc.integer({ min: 1, max: 20 }),
      (set, cleared, range, countMax) => {
        const bits = new PageBits(pages, false);
        const model = new Set(set);
        for (const page of set) bits.set(page);
        for (const { first, count } of cleared) {
          bits.clear(first, count);
          for (let page = first; page < first + count; page++) model.delete(page);
        }
        const { first, count } = range;
        const runs = [...bits.runs(first, count, countMax)];
        const found = runs.flatMap((run) =>
          Array.from({ length: run.count }, (_, n) => run.first + n),
        );
        const inRange = [...model].filter((page) => page >= first && page < first + count);
        assert.deepEqual(
          found,
          inRange.sort((a, b) => a - b),
        );
        assert.equal(bits.any(first, count), inRange.length > 0);
        assert.ok(runs.every((run) => run.count <= countMax));
      },
    ),
    { numRuns: 300 },
  );
});

test("bits that start set are all set", () => {
  assert.deepEqual([...new PageBits(10, true).runs(0, 10, 100)], [{ first: 0, count: 10 }]);
});
