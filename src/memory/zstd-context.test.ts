import assert from "node:assert/strict";
import { test } from "node:test";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import fc from "fast-check";
import { compressedBytesMax, compressionContext, decompressionContext } from "./zstd-context.ts";

/** From a few bytes to more than a batch, of noise and of repetition. */
const contents = fc.array(
  fc
    .record({
      bytes: fc.integer({ min: 1, max: 1_500_000 }),
      pattern: fc.uint8Array({ minLength: 1, maxLength: 4_000 }),
    })
    .map(({ bytes, pattern }) => Buffer.alloc(bytes, pattern)),
  { minLength: 1, maxLength: 6 },
);

test("one context makes a frame of each content that any decompressor reads, whatever came before", async () => {
  await fc.assert(
    fc.asyncProperty(contents, fc.constantFrom(-5, -2, 1, 3), async (all, level) => {
      const compressor = compressionContext(level);
      const decompressor = decompressionContext();
      for (const content of all) {
        const body = Buffer.alloc(compressedBytesMax(content.length));
        const bytes = await compressor.run(content, body);
        assert.ok(bytes !== undefined);
        const frame = Buffer.from(body.subarray(0, bytes));
        assert.ok(zstdDecompressSync(frame).equals(content));
        const read = Buffer.alloc(content.length);
        assert.equal(await decompressor.run(frame, read), content.length);
        assert.ok(read.equals(content));
      }
    }),
    { numRuns: 30 },
  );
});

test("frames of the one-shot calls, as agents before this one send them, are read", async () => {
  const context = decompressionContext();
  for (const content of [Buffer.alloc(700_000, "page "), Buffer.alloc(3, 1)]) {
    const read = Buffer.alloc(content.length);
    assert.equal(await context.run(zstdCompressSync(content), read), content.length);
    assert.ok(read.equals(content));
  }
});

test("content that is more than announced, or followed by another frame, is not taken", async () => {
  const frame = zstdCompressSync(Buffer.alloc(100_000, "text"));
  const more = await decompressionContext().run(frame, Buffer.alloc(50_000));
  assert.equal(more, undefined);
  const twice = Buffer.concat([frame, frame]);
  assert.equal(await decompressionContext().run(twice, Buffer.alloc(100_000)), undefined);
});

test("a body that was cut short is refused", async () => {
  const frame = zstdCompressSync(Buffer.alloc(100_000, "text"));
  const read = decompressionContext().run(frame.subarray(0, -2), Buffer.alloc(100_000));
  await assert.rejects(read);
});

test("a flipped bit is refused or read as other bytes, never as more than there is room for", async () => {
  const frame = zstdCompressSync(Buffer.alloc(5_000, "some text that repeats"));
  for (let bit = 0; bit < frame.length * 8; bit++) {
    const flipped = Buffer.from(frame);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const context = decompressionContext();
    const bytes = await context.run(flipped, Buffer.alloc(5_000)).catch(() => undefined);
    assert.ok(bytes === undefined || bytes <= 5_000);
  }
});
