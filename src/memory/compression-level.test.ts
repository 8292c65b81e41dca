import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import {
  afterBatch,
  afterIncompressible,
  afterLink,
  batchBytesFor,
  changedTo,
  type Bottleneck,
  chooseCompression,
  type Compression,
  type CompressionKnowledge,
  compressionUnmeasured,
  yieldOf,
} from "./compression-level.ts";
import { batchBytesMax, batchBytesMin } from "./limits.ts";

const compressions: readonly Compression[] = ["raw", -5, -3, -2, 1, 2, 3];
const knowledge: fc.Arbitrary<CompressionKnowledge> = fc.record({
  current: fc.constantFrom(...compressions),
  jobBytesPerSecond: fc.double({ min: 1e6, max: 2e9, noNaN: true }),
  ratio: fc.double({ min: 1, max: 20, noNaN: true }),
  linkBytesPerSecond: fc.double({ min: 1e5, max: 2e10, noNaN: true }),
  sourceBytesPerSecond: fc.constant(Number.POSITIVE_INFINITY),
  bottleneck: fc.constantFrom("link", "compressor", "source"),
  currentRatio: fc.double({ min: 1, max: 20, noNaN: true }),
  gains: fc.dictionary(
    fc.constantFrom("-5", "-3", "-2", "2", "3"),
    fc.double({ min: 0, max: 1.5, noNaN: true }),
  ),
  isLinkKnown: fc.boolean(),
  achievedBytesPerSecond: fc.oneof(
    fc.constant(Number.POSITIVE_INFINITY),
    fc.double({ min: 1e6, max: 2e9, noNaN: true }),
  ),
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
  const slow = afterLink(known, {
    ...{ bytesPerSecond: 20e6, bottleneck: "source", guestBytesPerSecond: 60e6 },
  });
  assert.equal(chooseCompression(slow, 2), 1);
  assert.equal(chooseCompression({ ...slow, jobBytesPerSecond: 20e6 }, 2), "raw");
  assert.equal(chooseCompression({ ...slow, ratio: 1.05 }, 2), "raw");
  const full = afterLink(slow, {
    ...{ bytesPerSecond: 3e9, bottleneck: "link", guestBytesPerSecond: 3e9 },
  });
  assert.equal(chooseCompression(full, 2), "raw");
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
    known = afterLink(known, {
      ...{ bytesPerSecond: 118e6, bottleneck: "link", guestBytesPerSecond: 118e6 },
    });
  }
  assert.equal(known.current, "raw");
});

test("a link that waits for the compressor is taken to be faster, one that waits for QEMU is not", () => {
  const { linkBytesPerSecond } = compressionUnmeasured;
  const slow = linkBytesPerSecond / 10;
  const after = (bottleneck: Bottleneck) =>
    afterLink(compressionUnmeasured, {
      ...{ bytesPerSecond: slow, bottleneck, guestBytesPerSecond: 2 * slow },
    }).linkBytesPerSecond;
  assert.ok(after("link") < linkBytesPerSecond);
  assert.ok(after("compressor") > linkBytesPerSecond);
  assert.equal(after("source"), linkBytesPerSecond);
});

/**
 * Two processors that QEMU, both agents and the guest share: compressing brings `achieved`, sending as it is what the
 * link or the processors carry. The choices made, look by look.
 */
function choices(achieved: number, raw: number, link: number): Compression[] {
  let known = compressionUnmeasured;
  return Array.from({ length: 60 }, () => {
    const current = chooseCompression(known, 2);
    known = { ...known, current };
    if (current === "raw") {
      const isFull = raw >= link;
      const bytesPerSecond = Math.min(raw, link);
      known = afterLink(known, {
        ...{ bytesPerSecond, guestBytesPerSecond: bytesPerSecond },
        bottleneck: isFull ? "link" : "source",
      });
    } else {
      const bytesPerSecond = achieved / known.ratio;
      known = afterLink(known, {
        ...{ bytesPerSecond, guestBytesPerSecond: achieved, bottleneck: "compressor" },
      });
    }
    return current;
  });
}

test("processors that everything shares are left to carrying, where the link takes it", () => {
  const seen = choices(150e6, 500e6, 5e9);
  const compressed = seen.slice(10).filter((each) => each !== "raw").length;
  assert.ok(compressed <= 2, seen.join(" "));
});

test("a first look at what compressing brings, before anything has got going, does not decide for long", () => {
  let known = changedTo(compressionUnmeasured, 1);
  const slow = { bytesPerSecond: 40e6, guestBytesPerSecond: 80e6 };
  for (let look = 0; look < 2; look++)
    known = afterLink(known, { ...slow, bottleneck: "compressor" });
  const raw = { bytesPerSecond: 118e6, guestBytesPerSecond: 118e6 };
  let looks = 0;
  for (; looks < 60 && chooseCompression(known, 2) === "raw"; looks++)
    known = afterLink(changedTo(known, "raw"), { ...raw, bottleneck: "compressor" });
  assert.ok(looks < 15, `sent as it is for ${looks} looks`);
});

test("a link that carries no more than before, uncompressed, is not taken to be faster for waiting", () => {
  let known = changedTo(compressionUnmeasured, "raw");
  const look = { bytesPerSecond: 120e6, guestBytesPerSecond: 120e6 };
  for (let looks = 0; looks < 20; looks++)
    known = afterLink(known, { ...look, bottleneck: "compressor" });
  assert.ok(Math.abs(known.linkBytesPerSecond - 120e6) < 1e6);
});

test("a batch of nearly nothing does not outweigh others", () => {
  let known = changedTo(compressionUnmeasured, 1);
  const batch = { level: 1, contentBytes: 1e6, seconds: 0.004 };
  for (let number = 0; number < 40; number++)
    known = afterBatch(known, { ...batch, bodyBytes: number % 8 === 7 ? 100 : 4e5 });
  assert.ok(known.ratio < 4, String(known.ratio));
});

test("processors that everything shares compress all the same, where the link is slower still", () => {
  const seen = choices(300e6, 600e6, 118e6);
  const raw = seen.filter((each) => each === "raw").length;
  assert.ok(raw < seen.length / 8, seen.join(" "));
});

test("memory that does not become smaller is soon left as it is", () => {
  let known = compressionUnmeasured;
  for (let batch = 0; batch < 30; batch++) known = afterIncompressible(known);
  assert.equal(chooseCompression(known, 2), "raw");
});

test("measurements that mean nothing are left aside", () => {
  const none = { level: 1, contentBytes: 0, bodyBytes: 0, seconds: 0 };
  assert.deepEqual(afterBatch(compressionUnmeasured, none), compressionUnmeasured);
  const look = { bytesPerSecond: Number.NaN, guestBytesPerSecond: 1e9 };
  assert.deepEqual(
    afterLink(compressionUnmeasured, { ...look, bottleneck: "link" }),
    compressionUnmeasured,
  );
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

test("a level that makes no less of this memory than level 1 is left again", () => {
  let known = changedTo({ ...compressionUnmeasured, linkBytesPerSecond: 25e6 }, 3);
  const batch = { contentBytes: 1e6, seconds: 1e6 / 200e6 };
  for (let n = 0; n < 200; n++) {
    const isTrial = n % 16 === 15;
    const level = isTrial ? 1 : 3;
    known = afterBatch(known, { ...batch, level, bodyBytes: isTrial ? 2e5 : 2.1e5 });
  }
  assert.notEqual(chooseCompression(known, 2), 3);
  const better = changedTo({ ...compressionUnmeasured, linkBytesPerSecond: 25e6 }, 3);
  assert.equal(chooseCompression(better, 2), 3);
});
