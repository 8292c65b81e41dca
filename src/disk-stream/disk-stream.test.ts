/** What goes in at the source's end comes out at the target's, whatever it is and however it is cut. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { FerryError } from "../base/errors.ts";
import { batchHeaderBytes } from "../memory/page-batch.ts";
import { blockBytes, readDiskOperations } from "./disk-batch.ts";
import { DiskDecoder } from "./disk-decoder.ts";
import { DiskEncoder } from "./disk-encoder.ts";
import { KeptFile, scanBlocks } from "./kept-blocks.ts";
import { greeting, headerKinds, write } from "./made-requests.ts";
import { NbdRequests } from "./nbd-requests.ts";

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), "ferry-kept-"));
});
after(() => rm(directory, { recursive: true }));

/** Encodes the chunks, decodes what comes of it. */
async function carry(chunks: readonly Buffer[], keptPath?: string) {
  const wire: Buffer[] = [];
  const arrived: Buffer[] = [];
  const kept = keptPath === undefined ? undefined : await keep(keptPath);
  const encoder = new DiskEncoder({
    kept: kept?.digests ?? null,
    jobs: 2,
    send: (pieces) => wire.push(...pieces.map((piece) => Buffer.from(piece))),
    onThirst: () => {},
  });
  for (const chunk of chunks) {
    encoder.write(chunk);
    if (chunk.length % 3 === 0) encoder.flush();
  }
  await encoder.end();
  const file = kept === undefined ? null : new KeptFile(kept);
  const decoder = new DiskDecoder({
    ...{ kept: file, jobs: 2 },
    async pass(pieces) {
      arrived.push(...pieces.map((piece) => Buffer.from(piece)));
    },
  });
  try {
    await Promise.all(wire.map((piece) => decoder.write(piece)));
    await decoder.end();
  } finally {
    await file?.close();
  }
  return { arrived: Buffer.concat(arrived), wire: Buffer.concat(wire), stats: encoder.stats };
}

async function keep(path: string) {
  const digests: Buffer[] = [];
  const blocks: number[] = [];
  for await (const { digest, block } of scanBlocks(path, new AbortController().signal)) {
    digests.push(digest);
    blocks.push(block);
  }
  return { path, digests: Buffer.concat(digests), blocks: Uint32Array.from(blocks) };
}

function cut(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (const length of lengths) {
    chunks.push(bytes.subarray(at, at + length));
    at += length;
  }
  return [...chunks, bytes.subarray(at)].filter((chunk) => chunk.length > 0);
}

test("bytes of any kind, cut anywhere, arrive as they were", async () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 5_000 }),
    fc.record({ byte: fc.nat(255), length: fc.nat(3_000_000) }),
  );
  const lengths = fc.array(fc.nat(200_000), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 4 }), lengths, async (pieces, cuts) => {
      const bytes = Buffer.concat(
        pieces.map((one) =>
          one instanceof Uint8Array ? Buffer.from(one) : Buffer.alloc(one.length, one.byte),
        ),
      );
      const { arrived, wire } = await carry(cut(bytes, cuts));
      assert.ok(arrived.equals(bytes));
      assert.ok(wire.length <= bytes.length * 1.01 + 25 * (cuts.length + 5));
    }),
    { numRuns: 40 },
  );
});

test("requests are found however they are cut, and their content with its place", () => {
  const requests = fc.array(
    fc.record({ offset: fc.nat(100), blocks: fc.nat(3), kind: fc.constantFrom(...headerKinds) }),
    { maxLength: 5 },
  );
  fc.assert(
    fc.property(requests, fc.array(fc.nat(90_000), { maxLength: 12 }), (made, cuts) => {
      const disk = new Map<number, number>();
      const bytes = Buffer.concat([
        greeting(),
        ...made.map(({ offset, blocks, kind }, number) => {
          for (let at = 0; at < blocks * 512; at++) disk.set(offset * 512 + at, number);
          return write(offset * 512, Buffer.alloc(blocks * 512, number), kind);
        }),
      ]);
      const parser = new NbdRequests();
      const found = new Map<number, number>();
      const whole: Buffer[] = [];
      for (const chunk of cut(bytes, cuts)) {
        for (const { bytes: some, offset } of parser.push(chunk)) {
          whole.push(some);
          if (offset !== undefined) some.forEach((value, at) => found.set(offset + at, value));
        }
      }
      assert.ok(Buffer.concat(whole).equals(bytes));
      assert.deepEqual(found, disk);
      assert.ok(parser.isBetween && !parser.isOpaque);
    }),
  );
});

test("what is no NBD passes without meaning", () => {
  const parser = new NbdRequests();
  const bytes = randomBytes(10_000);
  const pieces = [...parser.push(bytes)];
  assert.ok(Buffer.concat(pieces.map((piece) => piece.bytes)).equals(bytes));
  assert.ok(parser.isBetween);
});

test("blocks that the target has kept cross as references, wherever they lie", async () => {
  const path = join(directory, "kept.qcow2");
  const blocks = Array.from({ length: 24 }, () => randomBytes(blockBytes));
  await writeFile(path, Buffer.concat([...blocks, Buffer.alloc(4 * blockBytes), randomBytes(700)]));
  const changed = Buffer.from(blocks[3] ?? []);
  changed.writeUInt8((changed[5] ?? 0) ^ 1, 5);
  const content = Buffer.concat([...blocks.slice(4).reverse(), changed, ...blocks.slice(0, 3)]);
  const bytes = Buffer.concat([
    greeting(),
    write(7 * blockBytes, content.subarray(0, 16 * blockBytes)),
    write(23 * blockBytes, content.subarray(16 * blockBytes), "qemu"),
    write(512, randomBytes(512)),
  ]);
  for (const step of [bytes.length, 65_536, 100_003]) {
    const cuts = Array.from({ length: Math.floor(bytes.length / step) }, () => step);
    const { arrived, wire, stats } = await carry(cut(bytes, cuts), path);
    assert.ok(arrived.equals(bytes));
    // A block that a pause of the socket has cut may cross whole.
    assert.ok(stats.referencedBytes >= 20 * blockBytes);
    assert.ok(wire.length < 5 * blockBytes);
  }
});

test("what was kept is believed only while it is what it was", async () => {
  const path = join(directory, "changing.raw");
  const block = randomBytes(blockBytes);
  await writeFile(path, block);
  const kept = await keep(path);
  const file = new KeptFile(kept);
  assert.ok((await file.read(kept.digests)).equals(block));
  await writeFile(path, randomBytes(blockBytes));
  await assert.rejects(new KeptFile(kept).read(kept.digests), isError("conflict"));
  await assert.rejects(file.read(randomBytes(16)), isError("peer-protocol"));
  await file.close();
});

test("a reference where nothing was kept, and contents cut off, are refused", async () => {
  const decoder = new DiskDecoder({ kept: null, jobs: 1, pass: async () => {} });
  const content = Buffer.concat([Buffer.from([2]), randomBytes(16)]);
  const header = Buffer.alloc(batchHeaderBytes);
  header.writeUInt8(1, 0);
  header.writeUInt8(1, 1);
  header.writeUInt32BE(content.length, 8);
  header.writeUInt32BE(content.length, 12);
  await assert.rejects(decoder.write(Buffer.concat([header, content])), isError("peer-protocol"));
  for (const bad of [[0], [3, 1, 2], [1, 0, 0, 0], [1, 0, 0, 0, 9, 1], [2, 1]]) {
    assert.throws(() => [...readDiskOperations(Buffer.from(bad))], isError("peer-protocol"));
  }
});

function isError(code: string): (error: unknown) => boolean {
  return (error) => error instanceof FerryError && error.code === code;
}
