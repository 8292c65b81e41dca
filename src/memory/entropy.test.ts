import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import test from "node:test";
import { isIncompressible } from "./entropy.ts";

test("random bytes are not worth compressing; programs, text and few bytes are", () => {
  for (const length of [8192, 65_536, 1_048_576]) {
    assert.equal(isIncompressible(randomBytes(length)), true);
  }
  assert.equal(isIncompressible(readFileSync(process.execPath).subarray(0, 1_048_576)), false);
  assert.equal(isIncompressible(Buffer.alloc(1_048_576, "some text ")), false);
  assert.equal(isIncompressible(randomBytes(100)), false);
});
