import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import test from "node:test";
import fc from "fast-check";
import { pageBytes } from "./limits.ts";
import { madeStream, type MadeRecord } from "./made-stream.ts";
import { MemoryDecoder } from "./memory-decoder.ts";
import { MemoryEncoder } from "./memory-encoder.ts";
import { PlainTarget } from "./plain-target.ts";
import type { RamBlock } from "./qemu-stream.ts";
import { RamStreamParser } from "./ram-stream-parser.ts";

const cacheBytes = 16 * pageBytes;
const blocks: readonly RamBlock[] = [
  { name: "pc.ram", usedBytes: 4096 * pageBytes },
  { name: "pc.bios", usedBytes: 8 * pageBytes },
];

interface Encoded {
  readonly batches: Buffer[];
  readonly encoder: MemoryEncoder;
}

async function encoded(
  chunks: Iterable<Buffer>,
  { pageCacheBytes = cacheBytes, flushEach = false } = {},
): Promise<Encoded> {
  const batches: Buffer[] = [];
  const encoder = new MemoryEncoder({
    target: { kind: "plain" },
    pageCacheBytes,
    jobs: 2,
    send: (pieces) => batches.push(Buffer.concat(pieces)),
    onThirst: () => {},
  });
  for (const chunk of chunks) {
    encoder.write(chunk);
    if (flushEach) encoder.flush();
  }
  await encoder.end();
  return { batches, encoder };
}

async function decoded(chunks: Iterable<Buffer>): Promise<Buffer> {
  const output: Buffer[] = [];
  const target = new PlainTarget(async (bytes) => void output.push(bytes));
  const decoder = new MemoryDecoder({ target, pageCacheBytesMax: cacheBytes, jobs: 2 });
  for (const chunk of chunks) await decoder.write(chunk);
  await decoder.end();
  return Buffer.concat(output);
}

function* cut(stream: Buffer, size: number): Iterable<Buffer> {
  for (let at = 0; at < stream.length; at += size) yield stream.subarray(at, at + size);
}

/** What a QEMU that loads the stream has in memory at its end, and what else the stream said. */
function loaded(stream: Buffer): { pages: Map<string, string>; rest: string; reason: string } {
  const pages = new Map<string, string>();
  const rest: Buffer[] = [];
  let reason = "";
  const parser = new RamStreamParser({
    bytes: (source, start, end) => void rest.push(Buffer.from(source.subarray(start, end))),
    machine: (name) => void rest.push(Buffer.from(name)),
    blocks: (all) => void rest.push(Buffer.from(JSON.stringify(all))),
    zero: (block, page) =>
      void pages.set(`${block} ${page}`, Buffer.alloc(pageBytes).toString("base64")),
    page: (block, page, source, start) =>
      void pages.set(`${block} ${page}`, source.toString("base64", start, start + pageBytes)),
    memoryEnded: () => {},
    notUnderstood: (why) => {
      reason = why;
    },
  });
  parser.push(stream);
  parser.end();
  return { pages, rest: Buffer.concat(rest).toString("latin1"), reason };
}

/** Few pages and few contents, so that pages repeat, change a little, wholly, or not at all. */
const contents = Array.from({ length: 6 }, () => randomBytes(pageBytes));
const aPage = fc
  .tuple(fc.nat(5), fc.array(fc.nat(pageBytes - 1), { maxLength: 4 }))
  .map(([which, places]) => {
    const page = Buffer.from(contents[which] ?? "");
    for (const place of places) page[place] = 1;
    return page;
  });
const aRecord: fc.Arbitrary<MadeRecord> = fc.oneof(
  { weight: 1, arbitrary: fc.constant("section" as const) },
  { weight: 2, arbitrary: fc.record({ block: fc.nat(1), page: fc.nat(7) }) },
  { weight: 6, arbitrary: fc.record({ block: fc.nat(1), page: fc.nat(7), data: aPage }) },
  // Of one set of the cache, which has two: more pages than ways.
  {
    weight: 6,
    arbitrary: fc.record({
      block: fc.constant(0),
      page: fc.nat(20).map((n) => 2 * n),
      data: aPage,
    }),
  },
);

test("memory and everything else of a stream arrive, whatever was left out on the way", async () => {
  const seen = { pagesDelta: 0, pagesReference: 0, pagesUnchanged: 0, pagesZero: 0, pagesWhole: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.array(aRecord, { maxLength: 150, size: "max" }),
      fc.integer({ min: 1, max: 20_000 }),
      fc.boolean(),
      async (records, size, flushEach) => {
        const stream = madeStream({ blocks, records });
        const { batches, encoder } = await encoded(cut(stream, size), { flushEach });
        const arrived = await decoded(cut(Buffer.concat(batches), size));
        assert.deepEqual(loaded(arrived), loaded(stream));
        for (const key of Object.keys(seen) as Array<keyof typeof seen>) {
          seen[key] += encoder.stats[key];
        }
      },
    ),
    { numRuns: 40 },
  );
  for (const [what, count] of Object.entries(seen)) assert.ok(count > 0, `${what} happened`);
});

test("a stream that is not understood in the middle arrives byte for byte from there", async () => {
  const data = randomBytes(pageBytes);
  data[0] = 0; // no letter, where the names below end
  const records: MadeRecord[] = [
    { block: 0, page: 1, data },
    { block: 1, page: 1, data },
    { block: 1, page: 1, data },
    { block: 0, page: 1, data },
  ];
  const whole = madeStream({ blocks, records });
  const end = whole.lastIndexOf(data) + pageBytes;
  const xbzrle = Buffer.from("0000000000001060010004", "hex");
  const stream = Buffer.concat([whole.subarray(0, end), xbzrle, whole.subarray(end)]);
  const { batches, encoder } = await encoded([stream]);
  assert.match(encoder.stats.notUnderstood ?? "", /kind 0x60/);
  const arrived = await decoded([Buffer.concat(batches)]);
  assert.deepEqual(loaded(arrived), loaded(stream));
  // The record without a name follows one of the same block as in the source's stream.
  const names = arrived
    .subarray(0, arrived.indexOf(xbzrle))
    .toString("latin1")
    .match(/pc\.\w+/g);
  assert.deepEqual(names?.slice(-1), ["pc.ram"]);
});

test("bytes that are no migration stream arrive as they are", async () => {
  const stream = randomBytes(3_000_000);
  const { batches, encoder } = await encoded(cut(stream, 65_536));
  assert.ok(stream.equals(await decoded(batches)));
  assert.match(encoder.stats.notUnderstood ?? "", /not a migration stream/);
  assert.equal(encoder.stats.batchesRaw, encoder.stats.batches);
});

test("a stream of nothing but new pages arrives byte for byte, in batches of bounded size", async () => {
  const records = Array.from({ length: 2000 }, (_, n): MadeRecord => {
    const data = Buffer.alloc(pageBytes, `page ${n} `);
    return n % 3 === 0 ? { block: 0, page: n } : { block: 0, page: n, data };
  });
  const stream = madeStream({ blocks, records, deviceState: Buffer.alloc(290_000, "device") });
  const { batches, encoder } = await encoded(cut(stream, 65_536));
  assert.ok(stream.equals(await decoded(batches)));
  assert.ok(batches.every((batch) => batch.length <= 1_200_000));
  assert.ok(encoder.stats.bytesOut * 10 < encoder.stats.bytesIn);
  assert.equal(encoder.stats.memoryEnded, true);
  assert.equal(encoder.stats.pagesZero, 667);
});

test("without a page cache pages arrive whole or not at all", async () => {
  const data = randomBytes(pageBytes);
  const records = [1, 2, 3, 3, 1].map((page) => ({ block: 0, page, data }));
  const stream = madeStream({ blocks, records });
  const { batches, encoder } = await encoded([stream], { pageCacheBytes: 0 });
  assert.deepEqual(loaded(await decoded(batches)), loaded(stream));
  const { pagesWhole, pagesUnchanged, pagesDelta, pagesReference } = encoder.stats;
  assert.deepEqual([pagesWhole, pagesUnchanged, pagesDelta, pagesReference], [3, 2, 0, 0]);
});

test("an encoder asks for no more than its jobs can take, and again when they can", async () => {
  let thirsts = 0;
  let sent = 0;
  const encoder = new MemoryEncoder({
    target: { kind: "plain" },
    pageCacheBytes: 0,
    jobs: 1,
    send: () => sent++,
    onThirst: () => thirsts++,
  });
  const compressible = Buffer.alloc(1_500_000, "some text ");
  encoder.write(compressible);
  assert.equal(encoder.isThirsty, false);
  await encoder.end();
  assert.equal(encoder.isThirsty, true);
  assert.equal(thirsts, 1);
  assert.ok(sent > 1);
});
