import assert from "node:assert/strict";
import { test } from "node:test";
import { numberOption } from "./program.ts";

test("a number is taken from what it may least be on", () => {
  assert.equal(numberOption("hours", "0"), 0);
  assert.equal(numberOption("hours", "0.5"), 0.5);
  assert.equal(numberOption("labs", "2", 1), 2);
});

test("what is no number, or too little, is refused with its name and what was given", () => {
  for (const given of ["", " ", "x", "-1", "Infinity", "1h"]) {
    assert.throws(() => numberOption("hours", given), {
      name: "RangeError",
      message: `Cannot take --hours "${given}": wants a number, at least 0`,
    });
  }
  assert.throws(() => numberOption("labs", "0", 1), RangeError);
});
