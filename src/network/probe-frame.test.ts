import assert from "node:assert/strict";
import { test } from "node:test";
import { nonceOf, probeEtherType, probeFrame } from "./probe-frame.ts";
import { rarpFrame } from "./rarp.ts";

const nonce = "00112233445566778899aabbccddeeff";

test("a probe goes to everybody, from the bridge, and tells its nonce", () => {
  const frame = probeFrame("52:54:00:12:34:56", nonce);
  assert.equal(frame.toString("hex", 0, 12), "ffffffffffff525400123456");
  assert.equal(frame.readUInt16BE(12), probeEtherType);
  assert.equal(nonceOf(frame), nonce);
});

test("other frames, and ends of frames, tell none", () => {
  assert.equal(nonceOf(rarpFrame("52:54:00:12:34:56")), undefined);
  assert.equal(nonceOf(probeFrame("52:54:00:12:34:56", nonce).subarray(0, 30)), undefined);
  assert.equal(nonceOf(Buffer.alloc(0)), undefined);
  const other = probeFrame("52:54:00:12:34:56", nonce);
  other.write("X", 14);
  assert.equal(nonceOf(other), undefined);
});
