/** Reads a batch's content (page-batch.ts), which a hostile peer may have written: every length against what is there. */
import { Cursor } from "./cursor.ts";
import { batchPagesMax, pageBytes } from "./limits.ts";
import { readMemorySizes } from "./memory-sizes.ts";
import { badBatch, operationKinds } from "./page-batch.ts";
import type { RamBlock } from "./qemu-stream.ts";

/** Buffers are views into the content. Whether blocks and pages exist is for the reader's user to check. */
export type Operation =
  | { readonly kind: "open"; readonly cacheSlots: number }
  | { readonly kind: "machine"; readonly name: Buffer }
  | { readonly kind: "blocks"; readonly blocks: readonly RamBlock[] }
  | { readonly kind: "bytes"; readonly data: Buffer }
  | ({ readonly kind: "zeros" } & PageRun)
  | ({ readonly kind: "pages"; readonly ways: Buffer; readonly data: Buffer } & PageRun)
  | {
      readonly kind: "delta";
      readonly block: number;
      readonly page: number;
      readonly delta: Buffer;
    }
  | {
      readonly kind: "reference";
      readonly block: number;
      readonly page: number;
      readonly way: number;
      readonly fromBlock: number;
      readonly fromPage: number;
    }
  | { readonly kind: "memory-ended" | "not-understood" };

export interface PageRun {
  readonly block: number;
  readonly first: number;
  /** At least 1. */
  readonly count: number;
}

/** The operations in order. Throws `peer-protocol` at the first that is malformed. */
export function* readOperations(content: Buffer): Generator<Operation, void, undefined> {
  const operationsBytes = content.length < 4 ? content.length : content.readUInt32BE(0);
  if (operationsBytes > content.length - 4) throw badBatch("its operations end after it");
  const dataStart = 4 + operationsBytes;
  const fields = new Cursor(content, 4, dataStart);
  const data = new Cursor(content, dataStart, content.length);
  let pages = 0;
  while (fields.at < dataStart) {
    const operation = readOperation(fields, data);
    if (fields.isShort || data.isShort) throw badBatch("an operation ends after it");
    pages += pagesOf(operation);
    if (pages > batchPagesMax) throw badBatch(`it holds over ${batchPagesMax} pages`);
    yield operation;
  }
  if (data.at !== content.length) throw badBatch("data is left over");
}

function readOperation(fields: Cursor, data: Cursor): Operation {
  const kind = fields.u8();
  switch (kind) {
    case operationKinds.open:
      return { kind: "open", cacheSlots: fields.be32() };
    case operationKinds.machine:
      return { kind: "machine", name: view(data, fields.be16()) };
    case operationKinds.blocks:
      return { kind: "blocks", blocks: blocksFrom(view(data, fields.be32())) };
    case operationKinds.bytes:
      return { kind: "bytes", data: view(data, fields.be32()) };
    case operationKinds.zeros:
      return { kind: "zeros", ...readRun(fields, fields.be16(), fields.be32(), fields.be32()) };
    case operationKinds.pages: {
      const run = readRun(fields, fields.be16(), fields.be32(), fields.be16());
      const ways = view(fields, run.count);
      return { kind: "pages", ...run, ways, data: view(data, run.count * pageBytes) };
    }
    case operationKinds.delta:
      return {
        kind: "delta",
        block: fields.be16(),
        page: fields.be32(),
        delta: view(data, fields.be16()),
      };
    case operationKinds.reference:
      return {
        kind: "reference",
        block: fields.be16(),
        page: fields.be32(),
        way: fields.u8(),
        fromBlock: fields.be16(),
        fromPage: fields.be32(),
      };
    case operationKinds.memoryEnded:
      return { kind: "memory-ended" };
    case operationKinds.notUnderstood:
      return { kind: "not-understood" };
    default:
      throw badBatch(`an operation is of kind ${kind}, 1 to 10 wanted`);
  }
}

function readRun(fields: Cursor, block: number, first: number, count: number): PageRun {
  if (count === 0 && !fields.isShort) throw badBatch("a run has no pages");
  return { block, first, count };
}

function blocksFrom(record: Buffer): RamBlock[] {
  const cursor = new Cursor(record, 0, record.length);
  const low = record.length < 8 ? 0 : record.readUInt32BE(4) % pageBytes;
  const blocks = readMemorySizes(cursor, cursor.be64() - low);
  if (typeof blocks === "string") throw badBatch(`it announces ${blocks}`);
  if (cursor.isShort || cursor.at !== record.length) throw badBatch("its blocks end elsewhere");
  return blocks;
}

function view(cursor: Cursor, length: number): Buffer {
  return cursor.skip(length)
    ? cursor.source.subarray(cursor.at - length, cursor.at)
    : Buffer.alloc(0);
}

function pagesOf(operation: Operation): number {
  if (operation.kind === "pages") return operation.count;
  return operation.kind === "delta" || operation.kind === "reference" ? 1 : 0;
}
