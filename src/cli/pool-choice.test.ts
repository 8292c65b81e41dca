import assert from "node:assert/strict";
import { test } from "node:test";
import { choosePool } from "./pool-choice.ts";

test("choosePool() takes a pool for all disks and pools for single ones, in any order", () => {
  const said = ["data=slow", "fast", "logs=slow"].reduce(
    (before: ReturnType<typeof choosePool> | undefined, text) => choosePool(text, before),
    undefined,
  );
  assert.deepEqual(said, { all: "fast", each: { data: "slow", logs: "slow" } });
});

test("choosePool() refuses what names no pool or no disk", () => {
  for (const text of ["", "data=", "=fast", "a=b=c"]) {
    assert.throws(() => choosePool(text), { code: "bad-input" });
  }
});
