import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { rowsAround, withinRows } from "./row-window.ts";

const rowHeight = 44;
const pixels = fc.integer({ min: 0, max: 500_000 });

test("every row in sight is in the page, and few that are not", () => {
  fc.assert(
    fc.property(pixels, fc.integer({ min: 0, max: 3_000 }), (top, height) => {
      const { first, end } = rowsAround(top, height, rowHeight);
      assert.ok(first * rowHeight <= top && end * rowHeight >= top + height);
      assert.ok(end - first <= height / rowHeight + 30, `${end - first} rows`);
    }),
  );
});

test("what is shown of a list that has become shorter is rows that it has, as many as before or all", () => {
  fc.assert(
    fc.property(pixels, fc.nat(3_000), fc.nat(6_000), (top, height, count) => {
      const wanted = rowsAround(top, height, rowHeight);
      const { first, end } = withinRows(wanted, count);
      assert.ok(first >= 0 && end <= count && first <= end);
      assert.equal(end - first, Math.min(count, wanted.end - wanted.first));
    }),
  );
});
