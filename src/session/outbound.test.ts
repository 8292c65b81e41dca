import assert from "node:assert/strict";
import { test } from "node:test";
import { frameTypes } from "../protocol/frame.ts";
import type { Lane } from "./lane.ts";
import { sessionLimits } from "./limits.ts";
import { Outbound } from "./outbound.ts";
import type { NumberedFrame } from "./send-stream.ts";

/** As much of a lane as sending needs: it has room for everything, and notes what it carries. */
function madeLane(): { lane: Lane; carried: NumberedFrame<Lane>[] } {
  const carried: NumberedFrame<Lane>[] = [];
  const lane = {
    hasRoom: true,
    backlogMs: 0,
    carry: (frame: NumberedFrame<Lane>) => void carried.push(frame),
  };
  return { lane: lane as unknown as Lane, carried };
}

test("what a broken lane had goes out again although there is room for nothing else", () => {
  const outbound = new Outbound(sessionLimits, () => {});
  const { stream } = outbound.open("memory", () => {});
  const broken = madeLane();
  const whole = madeLane();
  stream.offer(Buffer.alloc(64 * 1024));
  outbound.pump([broken.lane]);
  const lost = broken.carried.filter(({ stream: { number } }) => number !== 0);
  assert.ok(lost.length > 0);
  stream.offer(Buffer.alloc(8 * 1024 * 1024));
  outbound.pump([whole.lane]);
  // The peer acknowledges nothing: it waits for the frames that the broken lane had.
  assert.ok(!outbound.window.hasRoom);
  // A window that is being measured anew is a quarter of what it was, however much the lost frames made room.
  Object.defineProperty(outbound.window, "hasRoom", { get: () => false });
  outbound.laneLost(broken.lane);
  const before = whole.carried.length;
  outbound.pump([whole.lane]);
  assert.deepEqual(whole.carried.slice(before), lost);
  outbound.pump([whole.lane]);
  assert.equal(whole.carried.length, before + lost.length);
});

test("a full window keeps no stream from having one frame under way", () => {
  const outbound = new Outbound(sessionLimits, () => {});
  const { stream: full } = outbound.open("memory:1", () => {});
  const { stream } = outbound.open("memory", () => {});
  const { lane, carried } = madeLane();
  full.offer(Buffer.alloc(8 * 1024 * 1024));
  outbound.pump([lane]);
  assert.ok(!outbound.window.hasRoom);
  stream.offer(Buffer.alloc(1024 * 1024));
  const before = carried.length;
  outbound.pump([lane]);
  outbound.pump([lane]);
  const after = carried.slice(before);
  assert.deepEqual(
    after.map((frame) => frame.stream.name),
    ["memory"],
  );
});

test("a limit of memory holds for its channels, all together", () => {
  const outbound = new Outbound(sessionLimits, () => {});
  const channels = ["memory:1", "memory:2"].map((name) => outbound.open(name, () => {}).stream);
  outbound.limit("memory", 1);
  const { lane, carried } = madeLane();
  for (const stream of channels) stream.offer(Buffer.alloc(1024 * 1024));
  for (let times = 0; times < 5; times++) outbound.pump([lane]);
  // One frame of whichever came first owes more than a byte a second pays back.
  const data = carried.filter(({ type }) => type === frameTypes.data);
  outbound.stop();
  assert.ok(data.length <= 1, `${data.length} frames`);
});
