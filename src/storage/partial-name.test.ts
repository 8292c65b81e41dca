import assert from "node:assert/strict";
import { test } from "node:test";
import { isPartialOf, partialFileName } from "./partial-name.ts";

const migration = "1f2e3d4c-0000-4000-8000-000000000000";

test("a partial disk's name tells whose it is, and fits", () => {
  assert.equal(partialFileName("root.qcow2", migration), "root.qcow2.partial-1f2e3d4c");
  for (const file of ["root.qcow2", "a", "x".repeat(127)]) {
    const name = partialFileName(file, migration);
    assert.ok(name.length <= 127);
    assert.ok(isPartialOf(name, file));
  }
  assert.ok(!isPartialOf("root.qcow2.partial-1f2e3d4c", "data.qcow2"));
  assert.ok(!isPartialOf("root.qcow2", "root.qcow2"));
});
