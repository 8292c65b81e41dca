/** The two ends of a stream together: whatever lanes do to the frames between them, the bytes are the same. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { frameTypes } from "../protocol/frame.ts";
import type { Frame } from "../protocol/frame-decoder.ts";
import { ReceiveStream } from "./receive-stream.ts";
import { type NumberedFrame, SendStream } from "./send-stream.ts";

type Lane = "a" | "b";

function asReceived(frame: NumberedFrame<Lane>): Frame {
  const { type, flags, sequence, length, payload } = frame;
  return { type, flags, sequence, length, payload, stream: frame.stream.number };
}

function openStream(): SendStream<Lane> {
  const stream = new SendStream<Lane>(1, "memory");
  stream.offerWhole(frameTypes.open, Buffer.from("memory"));
  return stream;
}

/** Takes everything that is ready, and says that it was applied. */
function drain(stream: ReceiveStream): Buffer[] {
  const taken: Buffer[] = [];
  for (let frame = stream.take(); frame !== undefined; frame = stream.take()) {
    if (frame.type === frameTypes.data) taken.push(...frame.payload);
    stream.finished(frame);
  }
  return taken;
}

const step = fc.oneof(
  fc.record({ do: fc.constant("offer" as const), bytes: fc.uint8Array({ minLength: 1 }) }),
  fc.record({
    do: fc.constant("send" as const),
    lane: fc.constantFrom<Lane>("a", "b"),
    max: fc.nat(9),
  }),
  fc.record({ do: fc.constant("arrive" as const), at: fc.nat() }),
  fc.record({ do: fc.constant("acknowledge" as const) }),
  fc.record({ do: fc.constant("break" as const), lane: fc.constantFrom<Lane>("a", "b") }),
);

test("frames reordered, repeated and lost with their lanes arrive each once and in order", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const sender = openStream();
      const receiver = new ReceiveStream(1);
      const offered: Buffer[] = [];
      const arrived: Buffer[] = [];
      let underWay: NumberedFrame<Lane>[] = [];
      const send = (lane: Lane, max: number) => {
        const frame = sender.next(max + 1);
        if (frame === undefined) return;
        frame.carrier = lane;
        underWay.push(frame);
      };
      const arrive = (at: number) => {
        const [frame] = underWay.splice(at % Math.max(1, underWay.length), 1);
        if (frame === undefined) return;
        receiver.arrive(asReceived(frame));
        arrived.push(...drain(receiver));
      };
      for (const each of steps) {
        if (each.do === "offer") {
          offered.push(Buffer.from(each.bytes));
          sender.offer(Buffer.from(each.bytes));
        } else if (each.do === "send") {
          send(each.lane, each.max);
        } else if (each.do === "arrive") {
          arrive(each.at);
        } else if (each.do === "acknowledge") {
          assert.ok(sender.acknowledge(receiver.applied) !== undefined);
        } else {
          // Half of what was on the lane had arrived, unacknowledged: it will come again.
          for (const frame of underWay.filter((one, at) => one.carrier === each.lane && at % 2)) {
            receiver.arrive(asReceived(frame));
          }
          arrived.push(...drain(receiver));
          underWay = underWay.filter((frame) => frame.carrier !== each.lane);
          sender.carrierLost(each.lane);
        }
      }
      while (sender.hasNext || underWay.length > 0) {
        send("a", 100);
        arrive(0);
      }
      assert.deepEqual(Buffer.concat(arrived), Buffer.concat(offered));
      sender.acknowledge(receiver.applied);
      assert.equal(sender.unacknowledgedFrames, 0);
      assert.equal(sender.acknowledgedBytes, Buffer.concat(offered).length);
      assert.equal(receiver.unappliedBytes, 0);
    }),
  );
});

test("an acknowledgement of frames that were never sent is recognised", () => {
  const stream = openStream();
  stream.next(100);
  assert.equal(stream.acknowledge(2), undefined);
  assert.equal(stream.acknowledge(1)?.length, 1);
  assert.deepEqual(stream.acknowledge(0), [], "an old one is no news");
});

test("an aborted stream drops what was not sent, and says so", () => {
  const stream = openStream();
  stream.offer(Buffer.from("never sent"));
  stream.abort(Buffer.from("the disk is gone"));
  const types = [stream.next(100)?.type, stream.next(100)?.type, stream.next(100)];
  assert.deepEqual(types, [frameTypes.open, frameTypes.end, undefined]);
});

const frame = (fields: Partial<Frame>): Frame => ({
  type: frameTypes.data,
  flags: 0,
  stream: 1,
  sequence: 0,
  length: 0,
  payload: [],
  ...fields,
});

for (const [title, frames] of [
  ["data before its opening", [frame({})]],
  [
    "a second opening",
    [frame({ type: frameTypes.open }), frame({ type: frameTypes.open, sequence: 1 })],
  ],
  [
    "data after its end",
    [
      frame({ type: frameTypes.open }),
      frame({ type: frameTypes.end, sequence: 1 }),
      frame({ sequence: 2 }),
    ],
  ],
  ["a control message", [frame({ type: frameTypes.control })]],
  ["a frame from far ahead", [frame({ sequence: 5000 })]],
] as const) {
  test(`a bulk stream refuses ${title}`, () => {
    const stream = new ReceiveStream(1);
    assert.throws(() => frames.forEach((each) => stream.arrive(each)), { code: "peer-protocol" });
  });
}
