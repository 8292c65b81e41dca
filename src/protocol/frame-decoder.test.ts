import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeHeader, frameHeaderBytes, frameTypes } from "./frame.ts";
import { type Frame, FrameDecoder } from "./frame-decoder.ts";

function dataFrame(sequence: number, payload: Buffer): Buffer {
  const { length } = payload;
  const header = { type: frameTypes.data, flags: 0, stream: 1, length, sequence };
  return Buffer.concat([encodeHeader(header), payload]);
}

function decode(chunks: Iterable<Buffer>, decoder = new FrameDecoder()): Frame[] {
  return [...chunks].flatMap((chunk) => [...decoder.push(chunk)]);
}

const payloads = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 });

test("frames come out whole and in order, wherever the chunks are cut", () => {
  fc.assert(
    fc.property(payloads, fc.array(fc.integer({ min: 1, max: 400 })), (all, cuts) => {
      const bytes = Buffer.concat(all.map((payload, at) => dataFrame(at, Buffer.from(payload))));
      const chunks: Buffer[] = [];
      for (let at = 0; at < bytes.length; ) {
        const size = cuts.shift() ?? 50;
        chunks.push(bytes.subarray(at, at + size));
        at += size;
      }
      const frames = decode(chunks);
      assert.deepEqual(
        frames.map((frame) => frame.sequence),
        all.map((_, at) => at),
      );
      for (const [at, frame] of frames.entries()) {
        assert.deepEqual(Buffer.concat(frame.payload), Buffer.from(all[at] ?? []));
      }
    }),
  );
});

test("one byte at a time is enough", () => {
  const bytes = dataFrame(4, Buffer.from("abc"));
  const [frame] = decode(Array.from(bytes, (byte) => Buffer.of(byte)));
  assert.equal(Buffer.concat(frame?.payload ?? []).toString(), "abc");
});

test("a stream that ends at any byte yields the frames before it, and no other", () => {
  const bytes = Buffer.concat([
    dataFrame(0, Buffer.from("one")),
    dataFrame(1, Buffer.from("two!")),
  ]);
  for (let end = 0; end < bytes.length; end++) {
    const decoder = new FrameDecoder();
    const frames = decode([bytes.subarray(0, end)], decoder);
    const wanted = end < frameHeaderBytes + 3 ? 0 : 1;
    assert.equal(frames.length, wanted);
  }
});

test("a flipped bit in a header changes what it says or is refused, and nothing is made up", () => {
  const bytes = dataFrame(0, Buffer.alloc(64, 1));
  for (let bit = 0; bit < frameHeaderBytes * 8; bit++) {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    try {
      const frames = decode([flipped]);
      const kept = frames.flatMap((frame) => frame.payload).reduce((sum, p) => sum + p.length, 0);
      assert.ok(kept <= 64);
    } catch (error) {
      assert.equal((error as { code?: string }).code, "peer-protocol");
    }
  }
});

test("a payload in one chunk is that chunk's memory, not a copy", () => {
  const bytes = dataFrame(0, Buffer.alloc(1000, 7));
  const [frame] = decode([bytes]);
  assert.equal(frame?.payload.length, 1);
  assert.equal(frame.payload[0]?.buffer, bytes.buffer);
});

test("whoever is not trusted yet may not announce more than a hello", () => {
  const header = { type: frameTypes.data, flags: 0, stream: 1, length: 1025, sequence: 0 };
  const decoder = new FrameDecoder(1024);
  assert.throws(() => decode([encodeHeader(header)], decoder), { code: "peer-protocol" });
  const trusting = new FrameDecoder(1024);
  trusting.trust();
  assert.deepEqual(decode([encodeHeader(header)], trusting), []);
});
