import assert from "node:assert/strict";
import { test } from "node:test";
import { agreeVersion } from "./version.ts";

test("the highest version that both know is taken", () => {
  assert.equal(agreeVersion([1, 2], [2, 3]), 2);
  assert.equal(agreeVersion([3, 2, 1], [1, 2, 3]), 3);
});

test("hosts without a common version do not agree", () => {
  assert.equal(agreeVersion([4, 5], [2, 3]), undefined);
  assert.equal(agreeVersion([], [1]), undefined);
});
