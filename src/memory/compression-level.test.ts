import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import {
  afterBatch,
  afterLink,
  batchBytesFor,
  chooseCompression,
  type Compression,
  type CompressionKnowledge,
  compressionUnmeasured,
  yieldOf,
} from "./compression-level.ts";
import { batchBytesMax, batchBytesMin } from "./limits.ts";

const compressions: readonly Compression[] = ["raw", -5, -3, -1, 1, 2, 3];
const knowledge: fc.Arbitrary<CompressionKnowledge> = fc.record({
  current: fc.constantFrom(...compressions),
  jobBytesPerSecond: fc.double({ min: 1e6, max: 2e9, noNaN: true }),
  ratio: fc.double({ min: 1, max: 20, noNaN: true }),
  linkBytesPerSecond: fc.double({ min: 1e5, max: 2e10, noNaN: true }),
  sourceBytesPerSecond: fc.constant(Number.POSITIVE_INFINITY),
});
const jobs = fc.integer({ min: 1, max: 16 });

test("what is chosen yields nearly the most of all, or is what was there", () => {
  fc.assert(
    fc.property(knowledge, jobs, (known, count) => {
      const chosen = yieldOf(chooseCompression(known, count), known, count);
      for (const each of compressions) assert.ok(yieldOf(each, known, count) <= 1.1 * chosen);
    }),
  );
});

test("a choice stays when nothing new is learnt", () => {
  fc.assert(
    fc.property(knowledge, jobs, (known, count) => {
      const first = chooseCompression(known, count);
      assert.equal(chooseCompression({ ...known, current: first }, count), first);
    }),
  );
});

function settled(linkBytesPerSecond: number, jobBytesPerSecond = 350e6): Compression {
  const known = { ...compressionUnmeasured, linkBytesPerSecond, jobBytesPerSecond };
  return chooseCompression(known, 2);
}

test("slow links are worth a high level, fast ones a low one, and the fastest none", () => {
  assert.equal(settled(25e6), 3);
  assert.equal(settled(118e6), 3);
  assert.equal(settled(600e6), -5);
  assert.equal(settled(3e9), "raw");
});

test("where QEMU gives little, the network is spared if the processor keeps up and it pays", () => {
  const known = { ...compressionUnmeasured, linkBytesPerSecond: 3e9 };
  const slow = afterLink(known, 20e6, "source", 60e6);
  assert.equal(chooseCompression(slow, 2), 1);
  assert.equal(chooseCompression({ ...slow, jobBytesPerSecond: 20e6 }, 2), "raw");
  assert.equal(chooseCompression({ ...slow, ratio: 1.05 }, 2), "raw");
  assert.equal(chooseCompression(afterLink(slow, 20e6, "link"), 2), "raw");
});

test("a slow processor compresses less", () => {
  assert.equal(settled(118e6, 30e6), "raw");
});

test("measurements lead to the level that measuring everything would have chosen", () => {
  let known = compressionUnmeasured;
  const rate = 200e6;
  for (let n = 0; n < 60; n++) {
    const level = chooseCompression(known, 1);
    known = { ...known, current: level };
    if (level === "raw") break;
    known = afterBatch(known, { level, contentBytes: 1e6, bodyBytes: 1e6, seconds: 1e6 / rate });
    known = afterLink(known, 118e6, "link");
  }
  assert.equal(known.current, "raw");
});

test("a link that waits for the compressor is taken to be faster, one that waits for QEMU is not", () => {
  const { linkBytesPerSecond } = compressionUnmeasured;
  const slow = linkBytesPerSecond / 10;
  assert.ok(afterLink(compressionUnmeasured, slow, "link").linkBytesPerSecond < linkBytesPerSecond);
  const waiting = afterLink(compressionUnmeasured, slow, "compressor");
  assert.ok(waiting.linkBytesPerSecond > linkBytesPerSecond);
  assert.deepEqual(afterLink(compressionUnmeasured, slow, "source"), compressionUnmeasured);
});

test("measurements that mean nothing are left aside", () => {
  const none = { level: 1, contentBytes: 0, bodyBytes: 0, seconds: 0 };
  assert.deepEqual(afterBatch(compressionUnmeasured, none), compressionUnmeasured);
  assert.deepEqual(afterLink(compressionUnmeasured, Number.NaN, "link"), compressionUnmeasured);
});

test("batches stay between their bounds", () => {
  fc.assert(
    fc.property(knowledge, (known) => {
      const bytes = batchBytesFor(known);
      assert.ok(bytes >= batchBytesMin && bytes <= batchBytesMax);
    }),
  );
});

test("a processor that is busy no longer is found out by a few trials", () => {
  let known: CompressionKnowledge = { ...compressionUnmeasured, current: "raw" };
  known = { ...known, jobBytesPerSecond: 20e6 };
  const trial = { level: 1, contentBytes: 1e6, bodyBytes: 4e5, seconds: 1e6 / 300e6 };
  for (let n = 0; n < 4; n++) known = afterBatch(known, trial);
  assert.notEqual(chooseCompression(known, 2), "raw");
});
