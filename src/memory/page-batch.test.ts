import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { FerryError } from "../base/errors.ts";
import { BatchAssembler } from "./batch-assembler.ts";
import { batchPagesMax, contentBytesMax, pageBytes } from "./limits.ts";
import { writeMemorySizes } from "./memory-sizes.ts";
import { codings, decodeBatchHeader, encodeBatchHeader, notKept } from "./page-batch.ts";
import { type Operation, readOperations } from "./page-batch-reader.ts";
import { batchBufferBytes, PageBatchWriter } from "./page-batch-writer.ts";

function writer(): PageBatchWriter {
  return new PageBatchWriter(Buffer.alloc(batchBufferBytes));
}

test("a batch's header has this form", () => {
  const header = { coding: codings.zstd, number: 7, bodyBytes: 100, contentBytes: 4096 };
  const bytes = encodeBatchHeader(header);
  assert.equal(bytes.toString("hex"), "01020000" + "00000007" + "00000064" + "00001000");
  assert.deepEqual(decodeBatchHeader(bytes, 7), header);
});

for (const [what, hex] of [
  ["another format", "0202000000000007000000640000100000"],
  ["no coding", "01000000000000070000006400001000"],
  ["an unknown coding", "01030000000000070000006400001000"],
  ["a reserved field that is set", "01020001000000070000006400001000"],
  ["another number", "01020000000000080000006400001000"],
  ["a raw body of another length", "01010000000000070000006400001000"],
  ["a compressed body that is not shorter", "01020000000000070000100000001000"],
  ["a compressed body of nothing", "01020000000000070000000000001000"],
  ["content beyond the limit", "0102000000000007000000640fffffff"],
] as const) {
  test(`a header with ${what} is refused`, () => {
    assert.throws(() => decodeBatchHeader(Buffer.from(hex, "hex"), 7), { code: "peer-protocol" });
  });
}

/** Each operation once, as bytes. */
const golden = [
  ["open", "01" + "00000010"],
  ["machine", "02" + "0002"],
  ["blocks", "03" + "00000013"],
  ["bytes", "04" + "00000003"],
  ["zeros", "05" + "0000" + "00000007" + "00000002"],
  ["pages", "06" + "0000" + "00000003" + "0002" + "05ff"],
  ["delta", "07" + "0000" + "00000003" + "0006"],
  ["reference", "08" + "0000" + "00000009" + "01" + "0000" + "00000003"],
  ["memory-ended", "09"],
  ["not-understood", "0a"],
] as const;
const delta = Buffer.from("000101000000", "hex");
const record = writeMemorySizes([{ name: "ab", usedBytes: 16 * pageBytes }]);

function everyOperation(): Buffer {
  const batch = writer();
  batch.open(16);
  batch.machine("pc");
  batch.blocks(record);
  batch.bytes(Buffer.from("xabx"), 1, 3);
  batch.bytes(Buffer.from("c"), 0, 1);
  batch.zero(0, 7);
  batch.zero(0, 8);
  batch.page(0, 3, 5, Buffer.alloc(pageBytes, 1), 0);
  batch.page(0, 4, notKept, Buffer.alloc(pageBytes, 2), 0);
  batch.delta(0, 3, delta);
  batch.reference(0, 9, 1, 0, 3);
  batch.memoryEnded();
  batch.notUnderstood();
  return batch.seal();
}

test("operations have this form, and neighbours join", () => {
  const content = everyOperation();
  const operations = golden.map(([, hex]) => hex).join("");
  assert.equal(content.readUInt32BE(0), operations.length / 2);
  assert.equal(content.toString("hex", 4, 4 + operations.length / 2), operations);
  const data = content.subarray(4 + operations.length / 2);
  const pages = Buffer.concat([Buffer.alloc(pageBytes, 1), Buffer.alloc(pageBytes, 2)]);
  const expected = [Buffer.from("pc"), record, Buffer.from("abc"), pages, delta];
  assert.ok(data.equals(Buffer.concat(expected)));
  const kinds = [...readOperations(content)].map(({ kind }) => kind);
  assert.deepEqual(
    kinds,
    golden.map(([kind]) => kind),
  );
});

test("a batch holds bounded pages, operations and data, and says when it is full", () => {
  const bytes = Buffer.alloc(pageBytes);
  const references = writer();
  while (references.hasRoom) references.reference(0, 1, notKept, 0, 2);
  assert.equal([...readOperations(references.seal())].length, batchPagesMax);
  const pages = writer();
  while (pages.hasRoom) pages.page(0, 2 * pages.dataBytes, notKept, bytes, 0);
  assert.ok(pages.seal().length <= contentBytesMax);
  const zeros = writer();
  for (let page = 0; zeros.hasRoom; page += 2) zeros.zero(0, page);
  assert.ok(zeros.seal().length <= contentBytesMax);
});

/** What a reader makes of a content; an error of the peer is an answer, any other is a failure. */
function operationsOf(content: Buffer): Operation[] | undefined {
  try {
    return [...readOperations(content)];
  } catch (error) {
    if (error instanceof FerryError && error.code === "peer-protocol") return undefined;
    throw error;
  }
}

test("content that ends anywhere earlier is refused", () => {
  const content = everyOperation();
  for (let end = 0; end < content.length; end += end < 200 ? 1 : 97) {
    assert.equal(operationsOf(content.subarray(0, end)), undefined, `ended at ${end}`);
  }
});

test("content with any bit flipped, or of any bytes, is read or refused", () => {
  const content = everyOperation();
  for (let bit = 0; bit < 8 * 120; bit++) {
    const wrong = Buffer.from(content);
    wrong.writeUInt8(wrong.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    operationsOf(wrong);
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const head = Buffer.alloc(4);
      head.writeUInt32BE(bytes.length >> 1);
      operationsOf(Buffer.concat([head, bytes]));
      operationsOf(Buffer.from(bytes));
    }),
    { numRuns: 2000 },
  );
});

test("a batch that unfolds to too many pages is refused", () => {
  const reference = Buffer.from("08" + "0000" + "00000009" + "01" + "0000" + "00000003", "hex");
  const count = batchPagesMax + 1;
  const content = Buffer.alloc(4 + count * reference.length);
  content.writeUInt32BE(content.length - 4);
  for (let n = 0; n < count; n++) reference.copy(content, 4 + n * reference.length);
  assert.equal(operationsOf(content), undefined);
});

test("batches are put together from bytes cut anywhere", () => {
  const bodies = [Buffer.from("one"), Buffer.alloc(0), Buffer.from("three")];
  const stream = Buffer.concat(
    bodies.flatMap((body, number) => {
      const lengths = { bodyBytes: body.length, contentBytes: body.length };
      return [encodeBatchHeader({ coding: codings.raw, number, ...lengths }), body];
    }),
  );
  for (const size of [1, 2, 5, 17, stream.length]) {
    const assembler = new BatchAssembler();
    const found: string[] = [];
    for (let at = 0; at < stream.length; at += size) {
      for (const { body } of assembler.push(stream.subarray(at, at + size))) {
        found.push(body.toString());
      }
    }
    assert.deepEqual(found, ["one", "", "three"]);
    assert.equal(assembler.isBetween, true);
  }
});
