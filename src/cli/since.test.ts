import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePast } from "./since.ts";

const now = new Date(2026, 10, 23, 12).getTime();

test("parsePast() understands how long ago, and dates in local time", () => {
  assert.equal(parsePast("2h", now), now - 7_200_000);
  assert.equal(parsePast("2026-11-23", now), new Date(2026, 10, 23).getTime());
  assert.equal(parsePast("2026-11-23T14:05", now), new Date(2026, 10, 23, 14, 5).getTime());
  assert.equal(parsePast("2026-11-23 14:05:09", now), new Date(2026, 10, 23, 14, 5, 9).getTime());
});

test("parsePast() refuses what is no time", () => {
  for (const text of ["yesterday", "2026-13-40", "7", "", "2026-11-23T9"]) {
    assert.throws(() => parsePast(text, now), { code: "bad-input" }, text);
  }
});
