import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { channelLevel, channelLevels, narrowest, qemuCompresses } from "./compressor.ts";

const calm = {
  setting: "auto" as const,
  wayBytesPerSecond: null,
  threads: 2,
  written: { bytesPerSecond: 1_000_000, ratios: null },
};
const MBps = 1_000_000;

function writes(megabytesPerSecond: number, wholeRatio = 4, differenceRatio = 40) {
  const ratios = { wholeRatio, differenceRatio };
  return { ...calm, written: { bytesPerSecond: megabytesPerSecond * MBps, ratios } };
}

describe("who compresses memory", () => {
  test("QEMU, of a guest that writes little beside what the way carries", () => {
    for (const wayBytesPerSecond of [null, 10 * MBps, 1_000 * MBps]) {
      assert.equal(qemuCompresses({ ...calm, wayBytesPerSecond }), true);
    }
    assert.equal(qemuCompresses({ ...writes(90), wayBytesPerSecond: 1_000 * MBps }), true);
  });

  test("the agents, of one that changes a little of the same pages again and again", () => {
    assert.equal(qemuCompresses(writes(30)), true);
    assert.equal(qemuCompresses({ ...writes(30), wayBytesPerSecond: 25 * MBps }), false);
    assert.equal(qemuCompresses({ ...writes(120), wayBytesPerSecond: 25 * MBps }), false);
  });

  test("QEMU, of one whose writes leave nothing of differences, or become small in any case", () => {
    const slow = { wayBytesPerSecond: 25 * MBps };
    assert.equal(qemuCompresses({ ...writes(30, 1, 1), ...slow }), true);
    assert.equal(qemuCompresses({ ...writes(300, 60, 60), ...slow }), true);
    assert.equal(qemuCompresses(writes(400, 60, 60)), true);
  });

  test("the agents, where nobody says what the guest changes", () => {
    assert.equal(qemuCompresses({ ...calm, written: null }), false);
  });

  test("who the administrator names", () => {
    const hard = { ...writes(200), wayBytesPerSecond: MBps };
    assert.equal(qemuCompresses(hard), false);
    assert.equal(qemuCompresses({ ...hard, setting: "qemu" }), true);
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
