import assert from "node:assert/strict";
import { test } from "node:test";
import { hasChannels } from "./channels.ts";

test("versions that may lose pages, and those that are older than any that Ferry knows, compress nothing themselves", () => {
  for (const version of ["7.2.22", "8.2.0", "9.2.1", "9.2.4", "10.0.2", "11.0.0"]) {
    assert.equal(hasChannels(version), true, version);
  }
  for (const version of ["6.2.0", "9.0.0", "9.0.4", "9.1.2", "9.2.0", ""]) {
    assert.equal(hasChannels(version), false, version);
  }
});
