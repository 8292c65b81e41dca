import assert from "node:assert/strict";
import { test } from "node:test";
import { fenceOptions } from "./fence-options.ts";

test("options are lines of name and value; a value may hold what separates them", () => {
  assert.deepEqual(fenceOptions("ip=10.0.0.9\n\n plug = a=b ", "secret"), {
    ip: "10.0.0.9",
    plug: "a=b",
    password: "secret",
  });
  assert.deepEqual(fenceOptions("", ""), {});
  for (const line of ["lanplus", "=1"]) {
    assert.throws(() => fenceOptions(line, ""), { code: "bad-input" });
  }
});
