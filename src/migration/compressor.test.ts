import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { channelLevel, channelLevels, narrowest, qemuCompresses } from "./compressor.ts";

const calm = {
  setting: "auto" as const,
  wayBytesPerSecond: null,
  writtenBytesPerSecond: 1_000_000,
};

describe("who compresses memory", () => {
  test("QEMU, of a guest that writes little beside what the way carries", () => {
    for (const wayBytesPerSecond of [null, 10_000_000, 1e9]) {
      assert.equal(qemuCompresses({ ...calm, wayBytesPerSecond }), true);
    }
    const busy = { ...calm, writtenBytesPerSecond: 200_000_000 };
    assert.equal(qemuCompresses({ ...busy, wayBytesPerSecond: 1e9 }), true);
  });

  test("the agents, where the same pages would cross again and again", () => {
    const busy = { ...calm, writtenBytesPerSecond: 30_000_000 };
    assert.equal(qemuCompresses(busy), true);
    assert.equal(qemuCompresses({ ...busy, wayBytesPerSecond: 25_000_000 }), false);
    assert.equal(qemuCompresses({ ...calm, writtenBytesPerSecond: 500_000_000 }), false);
    assert.equal(qemuCompresses({ ...calm, writtenBytesPerSecond: null }), false);
  });

  test("who the administrator names", () => {
    const hard = { wayBytesPerSecond: 1_000_000, writtenBytesPerSecond: 1e9 };
    assert.equal(qemuCompresses({ setting: "qemu", ...hard }), true);
    assert.equal(qemuCompresses({ ...calm, setting: "agent" }), false);
  });
});

describe("how hard QEMU compresses", () => {
  test("harder where the way is known to be slower than its threads", () => {
    assert.equal(channelLevel(25_000_000, 2), channelLevels.hard);
    assert.equal(channelLevel(100_000_000, 2), channelLevels.fast);
    assert.equal(channelLevel(100_000_000, 4), channelLevels.hard);
    assert.equal(channelLevel(null, 4), channelLevels.fast);
  });

  test("a limit makes the way narrower, and none leaves it as it is", () => {
    assert.equal(narrowest(null, 0), null);
    assert.equal(narrowest(100, 0), 100);
    assert.equal(narrowest(100, 50), 50);
    assert.equal(narrowest(100, 200), 100);
    assert.equal(narrowest(null, 50), 50);
  });
});
