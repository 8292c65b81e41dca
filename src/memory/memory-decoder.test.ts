import assert from "node:assert/strict";
import { closeSync, ftruncateSync, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { zstdCompressSync } from "node:zlib";
import { FerryError } from "../base/errors.ts";
import { contentBytesMax, pageBytes } from "./limits.ts";
import { madeStream, type MadeRecord } from "./made-stream.ts";
import { MemoryDecoder } from "./memory-decoder.ts";
import { MemoryEncoder } from "./memory-encoder.ts";
import type { MemoryTarget } from "./memory-target.ts";
import { writeMemorySizes } from "./memory-sizes.ts";
import { codings, encodeBatchHeader, notKept } from "./page-batch.ts";
import { batchBufferBytes, PageBatchWriter } from "./page-batch-writer.ts";
import { cacheWays } from "./page-cache.ts";
import type { TargetMemory } from "./page-encoder.ts";
import { PlacedTarget } from "./placed-target.ts";
import { PlainTarget } from "./plain-target.ts";

const cacheBytes = 2 * cacheWays * pageBytes;
const blocks = [
  { name: "pc.ram", usedBytes: 64 * pageBytes },
  { name: "pc.bios", usedBytes: 4 * pageBytes },
];
const page = (fill: number) => Buffer.alloc(pageBytes, fill);

function decoderOf(target: MemoryTarget): MemoryDecoder {
  return new MemoryDecoder({ target, pageCacheBytesMax: cacheBytes, jobs: 2 });
}

function plainDecoder(output: Buffer[] = []): MemoryDecoder {
  return decoderOf(new PlainTarget(async (bytes) => void output.push(bytes)));
}

/** A raw batch of what `fill` puts into it. */
function batchOf(number: number, fill: (batch: PageBatchWriter) => void): Buffer {
  const batch = new PageBatchWriter(Buffer.alloc(batchBufferBytes));
  fill(batch);
  const content = batch.seal();
  const lengths = { bodyBytes: content.length, contentBytes: content.length };
  return Buffer.concat([encodeBatchHeader({ coding: codings.raw, number, ...lengths }), content]);
}

const opening = batchOf(0, (batch) => {
  batch.open(2 * cacheWays);
  batch.machine("pc");
  batch.blocks(writeMemorySizes(blocks));
});

async function encoded(stream: Buffer, target: TargetMemory): Promise<Buffer[]> {
  const batches: Buffer[] = [];
  const encoder = new MemoryEncoder({
    target,
    pageCacheBytes: cacheBytes,
    jobs: 2,
    send: (pieces) => void batches.push(Buffer.concat(pieces)),
    onThirst: () => {},
  });
  encoder.write(stream);
  await encoder.end();
  return batches;
}

const hostile: Array<[string, (batch: PageBatchWriter) => void]> = [
  ["opens again", (batch) => batch.open(cacheWays)],
  ["announces blocks again", (batch) => batch.blocks(writeMemorySizes(blocks))],
  ["names an unknown block", (batch) => batch.page(2, 0, notKept, page(1), 0)],
  ["names a page past its block", (batch) => batch.page(1, 4, notKept, page(1), 0)],
  ["empties pages past a block", (batch) => batch.zero(0, 64)],
  ["keeps a page in a way that is none", (batch) => batch.page(0, 0, cacheWays, page(1), 0)],
  ["has a difference to a page not kept", (batch) => batch.delta(0, 0, Buffer.alloc(0))],
  ["refers to a page not kept", (batch) => batch.reference(0, 1, notKept, 0, 0)],
  ["refers to a page past its block", (batch) => batch.reference(0, 1, notKept, 1, 4)],
  [
    "has a difference to a page kept no more",
    (batch) => {
      batch.page(0, 0, 3, page(1), 0);
      batch.page(0, 2, 3, page(2), 0);
      batch.delta(0, 0, Buffer.alloc(0));
    },
  ],
  [
    "has a difference to a page that was emptied",
    (batch) => {
      batch.page(0, 0, 3, page(1), 0);
      batch.zero(0, 0);
      batch.delta(0, 0, Buffer.alloc(0));
    },
  ],
  [
    "has a difference that is none",
    (batch) => {
      batch.page(0, 0, 3, page(1), 0);
      batch.delta(0, 0, Buffer.from([1]));
    },
  ],
];

for (const [what, fill] of hostile) {
  test(`a batch that ${what} is refused, and all that follows`, async () => {
    const decoder = plainDecoder();
    await decoder.write(opening);
    await assert.rejects(decoder.write(batchOf(1, fill)), { code: "peer-protocol" });
    await assert.rejects(decoder.write(Buffer.alloc(1)), { code: "peer-protocol" });
    await assert.rejects(decoder.end(), { code: "peer-protocol" });
  });
}

test("a page cache larger than allowed is refused before its memory is taken", async () => {
  const greedy = batchOf(0, (batch) => batch.open(2 ** 31));
  await assert.rejects(plainDecoder().write(greedy), { code: "peer-protocol" });
});

test("a first batch that does not open is refused", async () => {
  const rude = batchOf(0, (batch) => batch.machine("pc"));
  await assert.rejects(plainDecoder().write(rude), { code: "peer-protocol" });
});

test("a body that decompresses to more or less than announced, or not at all, is refused", async () => {
  const bomb = zstdCompressSync(Buffer.alloc(64 * 1024 * 1024));
  for (const [body, contentBytes] of [
    [bomb, contentBytesMax],
    [zstdCompressSync(Buffer.alloc(5000)), 5001],
    [Buffer.from("no zstd at all"), 5000],
  ] as const) {
    const header = { coding: codings.zstd, number: 0, bodyBytes: body.length, contentBytes };
    const batch = Buffer.concat([encodeBatchHeader(header), body]);
    await assert.rejects(plainDecoder().write(batch), { code: "peer-protocol" });
  }
});

test("a stream that ends within a batch is refused", async () => {
  const decoder = plainDecoder();
  await decoder.write(opening.subarray(0, 20));
  await assert.rejects(decoder.end(), { code: "peer-protocol" });
});

test("a target that fails is told to everyone who waits", async () => {
  const full = new FerryError("no-space", "Cannot write");
  const decoder = decoderOf(new PlainTarget(() => Promise.reject(full)));
  const writes = [decoder.write(opening), decoder.write(batchOf(1, (batch) => batch.zero(0, 1)))];
  for (const { status, ...rest } of await Promise.allSettled(writes)) {
    assert.equal(status, "rejected");
    assert.equal((rest as PromiseRejectedResult).reason, full);
  }
});

test("an earlier write resolves without waiting for later ones", async () => {
  let release = () => {};
  const passed: Buffer[] = [];
  const slow = new Promise<void>((resolve) => {
    release = resolve;
  });
  const target = new PlainTarget(async (bytes) => {
    if (passed.push(bytes) > 1) await slow;
  });
  const decoder = decoderOf(target);
  const first = decoder.write(opening);
  const second = decoder.write(batchOf(1, (batch) => batch.zero(0, 1)));
  await first;
  assert.equal(passed.length >= 1, true);
  release();
  await second;
});

const records: MadeRecord[] = [
  { block: 0, page: 0, data: page(1) },
  { block: 0, page: 1, data: page(1) },
  { block: 1, page: 0, data: page(2) },
  { block: 1, page: 0, data: page(3) },
  { block: 0, page: 5 },
  { block: 0, page: 0, data: Buffer.concat([page(1).subarray(0, 4000), Buffer.alloc(96, 9)]) },
  { block: 0, page: 1 },
];

test("any bit flipped in the batches is carried through or refused, never worse", async () => {
  const small = Buffer.concat(await encoded(madeStream({ blocks, records }), { kind: "plain" }));
  for (let bit = 0; bit < small.length * 8; bit += bit < 3000 ? 1 : 101) {
    const wrong = Buffer.from(small);
    wrong.writeUInt8(wrong.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    const decoder = plainDecoder();
    try {
      await decoder.write(wrong);
      await decoder.end();
    } catch (error) {
      assert.ok(error instanceof FerryError && error.code === "peer-protocol", String(error));
    }
  }
});

const place = { block: "pc.ram", address: pageBytes, bytes: 64 * pageBytes, isEmpty: true };

/** A memory file of the first block, and a decoder that places it. */
function placedDecoder(t: TestContext, output: Buffer[]) {
  const directory = mkdtempSync("/dev/shm/ferry-placed-");
  const fd = openSync(join(directory, "ram"), "w+");
  t.after(() => {
    closeSync(fd);
    rmSync(directory, { recursive: true });
  });
  ftruncateSync(fd, 65 * pageBytes);
  const read = () => {
    const all = Buffer.alloc(64 * pageBytes);
    readSync(fd, all, 0, all.length, pageBytes);
    return all;
  };
  /** What the file held when the devices' state came. */
  const seen: { memory: Buffer | undefined } = { memory: undefined };
  const pass = async (bytes: Buffer) => {
    output.push(bytes);
    if (bytes.includes("the devices' state")) seen.memory ??= read();
  };
  return { decoder: decoderOf(new PlacedTarget({ ...place, fd }, pass)), seen };
}

test("placed memory is in its place before the devices' state is passed on", async (t) => {
  const output: Buffer[] = [];
  const { decoder, seen } = placedDecoder(t, output);
  const target = { kind: "placed", block: "pc.ram" } as const;
  for (const batch of await encoded(madeStream({ blocks, records }), target)) {
    await decoder.write(batch);
  }
  await decoder.end();
  const expected = Buffer.alloc(64 * pageBytes);
  expected.fill(1, 0, 4000).fill(9, 4000, pageBytes);
  assert.ok(seen.memory?.equals(expected));
  const passed = Buffer.concat(output);
  assert.equal(passed.includes(page(1)), false);
  assert.equal(passed.includes(page(3)), true);
});

test("memory whose stream is not understood is not placed", async (t) => {
  const { decoder } = placedDecoder(t, []);
  const stream = madeStream({ blocks, records });
  stream.writeUInt8(stream.readUInt8(7) ^ 1, 7);
  const write = async () => {
    for (const batch of await encoded(stream, { kind: "placed", block: "pc.ram" })) {
      await decoder.write(batch);
    }
  };
  await assert.rejects(write(), { code: "unsupported" });
});

test("memory without the block that is to be placed is refused", async (t) => {
  const { decoder } = placedDecoder(t, []);
  const others = [{ name: "ram0", usedBytes: 64 * pageBytes }];
  const stream = madeStream({ blocks: others, records: [] });
  const write = async () => {
    for (const batch of await encoded(stream, { kind: "plain" })) await decoder.write(batch);
  };
  await assert.rejects(write(), { code: "unsupported" });
});

test("placed memory is never made of pages that cannot be read back", async (t) => {
  const { decoder } = placedDecoder(t, []);
  await decoder.write(opening);
  const stranger = batchOf(1, (batch) => batch.reference(0, 1, notKept, 1, 0));
  await assert.rejects(decoder.write(stranger), { code: "peer-protocol" });
});
