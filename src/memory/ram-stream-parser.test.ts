import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { pageBytes } from "./limits.ts";
import {
  be32,
  be64,
  command,
  madeStream,
  type MadeRecord,
  named,
  ramStart,
  sectionEnd,
  streamHead,
} from "./made-stream.ts";
import { RamStreamParser, type RamStreamSink } from "./ram-stream-parser.ts";
import type { RamBlock } from "./qemu-stream.ts";
import { RamStreamWriter } from "./ram-stream-writer.ts";

const blocks: readonly RamBlock[] = [
  { name: "pc.ram", usedBytes: 64 * pageBytes },
  { name: "0000:00:01.0/vga.vram", usedBytes: 8 * pageBytes },
];

function page(fill: number): Buffer {
  return Buffer.alloc(pageBytes, fill);
}

/** What a parser said: each event as a line, bytes and pages by their length. */
function heard(chunks: Iterable<Buffer>): { events: string[]; reason: string | undefined } {
  const events: string[] = [];
  let reason: string | undefined;
  const parser = new RamStreamParser({
    bytes: () => {},
    machine: (name) => events.push(`machine ${name}`),
    blocks: (all) => events.push(`blocks ${all.map(({ name }) => name).join(" ")}`),
    zero: (block, index) => events.push(`zero ${block} ${index}`),
    page: (block, index, source, start) => events.push(`page ${block} ${index} ${source[start]}`),
    memoryEnded: () => events.push("ended"),
    notUnderstood: (why) => {
      reason = why;
    },
  });
  for (const chunk of chunks) parser.push(chunk);
  parser.end();
  return { events, reason };
}

/** The stream taken apart and made again. */
async function madeAgain(chunks: Iterable<Buffer>): Promise<Buffer> {
  const output: Buffer[] = [];
  const steps: Array<(writer: RamStreamWriter) => Promise<void>> = [];
  const sink: RamStreamSink = {
    bytes: (source, start, end) => {
      const copy = Buffer.from(source.subarray(start, end));
      steps.push((writer) => writer.bytes(copy));
    },
    machine: (name) => void steps.push((writer) => writer.machine(Buffer.from(name, "latin1"))),
    blocks: (all) => void steps.push((writer) => writer.blocks(all)),
    zero: (block, index) => void steps.push((writer) => writer.zeros(block, index, 1)),
    page: (block, index, source, start) => {
      const copy = Buffer.from(source.subarray(start, start + pageBytes));
      steps.push(async (writer) => {
        if (!writer.hasRoom) await writer.flush();
        writer.page(block, index, copy, 0);
      });
    },
    memoryEnded: () => {},
    notUnderstood: () => {},
  };
  const parser = new RamStreamParser(sink);
  for (const chunk of chunks) parser.push(chunk);
  parser.end();
  const writer = new RamStreamWriter(async (bytes) => void output.push(bytes));
  for (const step of steps) await step(writer);
  await writer.flush();
  return Buffer.concat(output);
}

function* cut(stream: Buffer, size: number): Iterable<Buffer> {
  for (let at = 0; at < stream.length; at += size) yield stream.subarray(at, at + size);
}

const small = madeStream({
  blocks,
  records: [
    { block: 0, page: 0, data: page(1) },
    { block: 0, page: 1 },
    "section",
    { block: 0, page: 2, data: page(3) },
    { block: 1, page: 7, data: page(4) },
    { block: 1, page: 6 },
    { block: 0, page: 63 },
  ],
});
const smallEvents = [
  "machine pc-q35-7.2",
  "blocks pc.ram 0000:00:01.0/vga.vram",
  "page 0 0 1",
  "zero 0 1",
  "page 0 2 3",
  "page 1 7 4",
  "zero 1 6",
  "zero 0 63",
  "ended",
];

test("the parser says what is in a stream, however it is cut", () => {
  for (const size of [1, 7, 4096, 4105, small.length]) {
    assert.deepEqual(heard(cut(small, size)), { events: smallEvents, reason: undefined });
  }
});

const aRecord: fc.Arbitrary<MadeRecord> = fc.oneof(
  fc.constant("section" as const),
  fc.record({ block: fc.constant(0), page: fc.nat(63) }),
  fc.record({ block: fc.constant(0), page: fc.nat(63), data: fc.nat(255).map(page) }),
  fc.record({ block: fc.constant(1), page: fc.nat(7), data: fc.nat(255).map(page) }),
);

test("any stream in any chunks comes out byte for byte when made again", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(aRecord, { maxLength: 20 }),
      fc.integer({ min: 1, max: 9000 }),
      async (records, size) => {
        const stream = madeStream({ blocks, records });
        assert.ok(stream.equals(await madeAgain(cut(stream, size))));
      },
    ),
    { numRuns: 200 },
  );
});

test("a stream that breaks off anywhere is carried to its last byte", async () => {
  for (let end = 0; end <= small.length; end += end < 400 ? 1 : 61) {
    const torn = small.subarray(0, end);
    assert.ok(torn.equals(await madeAgain(cut(torn, 4096))), `broken off after ${end}`);
  }
});

test("a stream with any bit flipped is carried and never refused", async () => {
  for (let bit = 0; bit < small.length * 8; bit += bit < 4000 ? 1 : 509) {
    const wrong = Buffer.from(small);
    wrong.writeUInt8(wrong.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    assert.ok(wrong.equals(await madeAgain([wrong])), `bit ${bit}`);
  }
});

/** Streams that are not as expected from some point on, and the reason that is given. */
const section = (name: string, version = 4) =>
  Buffer.concat([Buffer.from([1]), be32(2), named(name), be32(0), be32(version)]);
const head = streamHead();
const opened = Buffer.concat([head, ramStart(blocks), sectionEnd(), Buffer.from([2]), be32(2)]);
const record = (address: number, ...rest: Buffer[]) => [be64(address), ...rest];
const strange: Array<[string, Buffer[], RegExp]> = [
  ["another magic", [Buffer.from("QEVN\0\0\0\x03")], /not a migration stream/],
  ["an old version", [be32(0x5145564d), be32(2)], /version 2/],
  ["no configuration, then a device", [head.subarray(0, 8), Buffer.from([4])], /type 0x4/],
  ["a device before memory", [head, Buffer.from([4])], /type 0x4/],
  [
    "an unknown subsection",
    [head.subarray(0, 23), Buffer.from([5]), named("configuration/x"), be32(1)],
    /subsection "configuration\/x"/,
  ],
  [
    "larger pages",
    [
      head.subarray(0, 23),
      Buffer.from([5]),
      named("configuration/target-page-bits"),
      be32(1),
      be32(16),
    ],
    /not 4 KiB/,
  ],
  ["a subsection without a name", [head.subarray(0, 23), Buffer.from([5, 0]), be32(1)], /""/],
  ["a name of 255", [head, section("r".repeat(255))], /section "rrr/],
  [
    "a multifd channel's hello",
    [be32(0x11223344), be32(1), Buffer.alloc(16, 7)],
    /not a migration/,
  ],
  ["a section's number used again", [opened, sectionEnd(), section("vga")], /section "vga"/],
  [
    "a command that is longer than it says",
    [head, command(1, Buffer.alloc(0)), be32(9)],
    /type 0x0/,
  ],
  [
    "an address that is no page's",
    [opened, ...record(0x108, named("pc.ram"), page(1))],
    /kind 0x108/,
  ],
  ["another section", [head, section("dirty-bitmap")], /section "dirty-bitmap"/],
  ["memory of another version", [head, section("ram", 5)], /version 5/],
  ["memory twice", [opened, sectionEnd(), section("ram")], /section "ram"/],
  ["a part that never started", [head, Buffer.from([2]), be32(9)], /did not start/],
  ["post-copy", [head, command(3, Buffer.alloc(16))], /command 3/],
  ["a packaged stream of 4 GiB", [head, command(7, be32(0xffffffff))], /command 7/],
  ["another footer", [opened, be64(16), Buffer.from([0x7e]), be32(9)], /another section/],
  ["no footer", [opened, be64(16), Buffer.from([2]), be32(2)], /without a footer/],
  ["the same block before any", [opened, ...record(0x28, page(1))], /unknown block/],
  ["a block never announced", [opened, ...record(8, named("pc.rom"), page(1))], /unknown block/],
  [
    "a page past its block",
    [opened, ...record(64 * 4096 + 8, named("pc.ram"), page(1))],
    /outside/,
  ],
  ["a page past any block", [opened, be64(2 ** 52 + 8), named("pc.ram"), page(1)], /outside/],
  ["an empty page of ones", [opened, ...record(2, named("pc.ram"), Buffer.from([1]))], /not zero/],
  ["XBZRLE", [opened, ...record(0x40, named("pc.ram"))], /kind 0x40/],
  ["an unknown flag", [opened, ...record(0x800)], /kind 0x800/],
  ["several flags", [opened, ...record(0x0a)], /kind 0xa/],
  ["a multifd barrier", [opened, ...record(0x200)], /kind 0x200/],
  ["sizes that exceed their sum", [head, section("ram"), ...sizes(4096, 8192)], /not add up/],
  ["a block of half a page", [head, section("ram"), ...sizes(4096, 2048)], /unlikely size/],
  ["an empty block", [head, section("ram"), ...sizes(4096, 0)], /unlikely size/],
  ["memory of no size", [head, section("ram"), be64(4)], /unlikely size/],
  ["memory of a pebibyte", [head, section("ram"), be64(2 ** 50 + 4)], /unlikely size/],
  [
    "blocks of one name",
    [head, section("ram"), ...sizes(8192, 4096), named("a"), be64(4096)],
    /names of their own/,
  ],
  [
    "blocks without end",
    [
      head,
      section("ram"),
      be64(2 ** 40 + 4),
      ...Array.from({ length: 1025 }, (_, n) => Buffer.concat([named(`b${n}`), be64(4096)])),
    ],
    /too many blocks/,
  ],
];

function sizes(total: number, first: number): Buffer[] {
  return [be64(total + 4), named("a"), be64(first)];
}

for (const [what, parts, reason] of strange) {
  test(`${what} is carried as it is, with the reason`, async () => {
    const stream = Buffer.concat([...parts, Buffer.from("and what follows")]);
    for (const size of [stream.length, 3]) {
      assert.match(heard(cut(stream, size)).reason ?? "", reason);
      assert.ok(stream.equals(await madeAgain(cut(stream, size))));
    }
  });
}
