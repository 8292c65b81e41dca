import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { qemuCompresses } from "./compressor.ts";

const calm = {
  setting: "auto" as const,
  limitBytesPerSecond: 0,
  writtenBytesPerSecond: 1_000_000,
};

describe("who compresses memory", () => {
  test("QEMU, of a guest that writes little, over a link without a limit", () => {
    assert.equal(qemuCompresses(calm), true);
    assert.equal(qemuCompresses({ ...calm, limitBytesPerSecond: 1e9 }), true);
  });

  test("the agents, where bytes are what counts", () => {
    assert.equal(qemuCompresses({ ...calm, limitBytesPerSecond: 10_000_000 }), false);
    assert.equal(qemuCompresses({ ...calm, writtenBytesPerSecond: 500_000_000 }), false);
    assert.equal(qemuCompresses({ ...calm, writtenBytesPerSecond: null }), false);
  });

  test("who the administrator names", () => {
    const hard = { limitBytesPerSecond: 1_000_000, writtenBytesPerSecond: 1e9 };
    assert.equal(qemuCompresses({ setting: "qemu", ...hard }), true);
    assert.equal(qemuCompresses({ ...calm, setting: "agent" }), false);
  });
});
