import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { FerryError } from "../base/errors.ts";
import { pageBytes } from "./limits.ts";
import { applyDelta, encodeDelta, pageWords } from "./page-delta.ts";

function difference(before: Int32Array, after: Int32Array, lengthMax = 2 * pageBytes): Buffer {
  const output = Buffer.alloc(2 * pageBytes);
  const length = encodeDelta(before, 0, after, output, 0, lengthMax);
  assert.ok(length >= 0);
  return output.subarray(0, length);
}

/** Two versions of a page: from equal to wholly different, changed in runs. */
const versions = fc
  .tuple(
    fc.infiniteStream(fc.integer()),
    fc.array(fc.tuple(fc.nat(pageWords - 1), fc.integer({ min: 1, max: 300 }), fc.integer()), {
      maxLength: 30,
    }),
  )
  .map(([seed, runs]) => {
    const before = new Int32Array(pageWords);
    for (let word = 0; word < pageWords; word++) before[word] = Number(seed.next().value);
    const after = Int32Array.from(before);
    for (const [from, count, value] of runs) after.fill(value, from, from + count);
    return { before, after };
  });

test("a difference applied to the page before gives the page after", () => {
  fc.assert(
    fc.property(versions, ({ before, after }) => {
      const page = Int32Array.from(before);
      applyDelta(difference(before, after), page, 0);
      assert.deepEqual(page, after);
    }),
    { numRuns: 100 },
  );
});

test("equal pages differ by nothing", () => {
  const page = new Int32Array(pageWords).fill(5);
  assert.equal(difference(page, page).length, 0);
});

test("a difference is words that changed, little-endian, between runs that did not", () => {
  const before = new Int32Array(pageWords);
  const after = Int32Array.from(before);
  after[0] = 0x01020304;
  after[300] = -1;
  after[301] = 1;
  assert.equal(
    difference(before, after).toString("hex"),
    "000104030201" + "ab0202ffffffff01000000",
  );
});

test("a difference never exceeds its limit", () => {
  fc.assert(
    fc.property(versions, fc.nat(pageBytes), ({ before, after }, lengthMax) => {
      const output = new Uint8Array(lengthMax + 64);
      const length = encodeDelta(before, 0, after, output, 0, lengthMax);
      assert.ok(length <= lengthMax);
      assert.ok(output.subarray(lengthMax).every((byte) => byte === 0));
    }),
    { numRuns: 100 },
  );
});

test("bytes that are no difference are refused, and no word beyond the page is touched", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const pages = new Int32Array(3 * pageWords);
      try {
        applyDelta(bytes, pages, pageWords);
      } catch (error) {
        assert.ok(error instanceof FerryError && error.code === "peer-protocol");
      }
      assert.ok(pages.subarray(0, pageWords).every((word) => word === 0));
      assert.ok(pages.subarray(2 * pageWords).every((word) => word === 0));
    }),
    { numRuns: 2000 },
  );
});

for (const [what, hex] of [
  ["a run of no words", "0100"],
  ["a run past the page", "ff0702" + "00".repeat(8)],
  ["a run past the difference", "0002" + "00".repeat(7)],
  ["an endless number", "8080808001"],
  ["a number of two bytes that needs one", "8000" + "01" + "00".repeat(4)],
  ["an unchanged run and nothing more", "05"],
] as const) {
  test(`${what} is no difference`, () => {
    const apply = () => applyDelta(Buffer.from(hex, "hex"), new Int32Array(pageWords), 0);
    assert.throws(apply, { code: "peer-protocol" });
  });
}
