/**
 * A batch: what the source's encoder sends the target's decoder, one after the other, in order. All integers are
 * big-endian.
 *
 * Header, 16 bytes:
 *
 * | at | bytes | field   | meaning                                                                   |
 * |----|-------|---------|---------------------------------------------------------------------------|
 * | 0  | 1     | format  | 1                                                                         |
 * | 1  | 1     | coding  | of the body: 1 as it is, 2 one zstd frame; 0 is invalid                   |
 * | 2  | 2     | –       | 0                                                                         |
 * | 4  | 4     | number  | of the batch, from 0, modulo 2³²                                          |
 * | 8  | 4     | body    | bytes that follow                                                         |
 * | 12 | 4     | content | bytes that the body decodes to                                            |
 *
 * Content: be32 bytes of operations, the operations, the data. An operation is a byte for its kind and its fields;
 * what it calls data it takes from the front of what is left of the data. Apart, pages lie one after the other, and
 * zstd sees like beside like.
 *
 * | kind | operation    | fields                                       | data                                      |
 * |------|--------------|----------------------------------------------|-------------------------------------------|
 * | 1    | open         | u32 slots of the page cache                  | –                                         |
 * | 2    | machine      | u16 length                                   | the machine type                          |
 * | 3    | blocks       | u32 length                                   | QEMU's record of memory sizes             |
 * | 4    | bytes        | u32 length                                   | bytes of the stream, as they are          |
 * | 5    | zeros        | u16 block, u32 first page, u32 count         | –                                         |
 * | 6    | pages        | u16 block, u32 first page, u16 count, u8 way each | count × 4096 bytes                   |
 * | 7    | delta        | u16 block, u32 page, u16 length              | difference to the page's last version     |
 * | 8    | reference    | u16 block, u32 page, u8 way, u16 block, u32 page | –: the content of the second page     |
 * | 9    | memory ended | –                                            | –                                         |
 * | 10   | not understood | –                                          | –: bytes follow, although memory has not ended |
 *
 * `way` says where in the page cache the target keeps the page (page-cache.ts), `notKept` that it does not. A
 * difference is to a page the target keeps; with its new content it stays where it is. An empty page is not kept.
 */
import { FerryError } from "../base/errors.ts";
import { contentBytesMax } from "./limits.ts";

export const batchHeaderBytes = 16;
const format = 1;

export const codings = { raw: 1, zstd: 2 } as const;
export type Coding = (typeof codings)[keyof typeof codings];

export const operationKinds = {
  open: 1,
  machine: 2,
  blocks: 3,
  bytes: 4,
  zeros: 5,
  pages: 6,
  delta: 7,
  reference: 8,
  memoryEnded: 9,
  notUnderstood: 10,
} as const;

export const notKept = 0xff;

export interface BatchHeader {
  readonly coding: Coding;
  readonly number: number;
  readonly bodyBytes: number;
  readonly contentBytes: number;
}

export function encodeBatchHeader(header: BatchHeader): Buffer {
  const bytes = Buffer.alloc(batchHeaderBytes);
  bytes.writeUInt8(format, 0);
  bytes.writeUInt8(header.coding, 1);
  bytes.writeUInt32BE(header.number, 4);
  bytes.writeUInt32BE(header.bodyBytes, 8);
  bytes.writeUInt32BE(header.contentBytes, 12);
  return bytes;
}

/** Throws `peer-protocol` unless it heads a batch that may be taken in, the one that comes next. */
export function decodeBatchHeader(bytes: Buffer, number: number): BatchHeader {
  const coding = bytes.readUInt8(1);
  const header = {
    number: bytes.readUInt32BE(4),
    bodyBytes: bytes.readUInt32BE(8),
    contentBytes: bytes.readUInt32BE(12),
  };
  if (bytes.readUInt8(0) !== format || bytes.readUInt16BE(2) !== 0) {
    throw badBatch(`its format is ${bytes.readUInt8(0)}, format ${format} wanted`);
  }
  if (header.number !== number) throw badBatch(`it is number ${header.number}, ${number} wanted`);
  if (header.contentBytes > contentBytesMax) {
    throw badBatch(
      `its content is ${header.contentBytes} bytes, at most ${contentBytesMax} wanted`,
    );
  }
  if (coding === codings.raw) {
    if (header.bodyBytes !== header.contentBytes) {
      throw badBatch("its body is not as long as its content, equal lengths wanted");
    }
    return { coding, ...header };
  }
  if (coding !== codings.zstd) throw badBatch(`its coding is ${coding}, 1 or 2 wanted`);
  if (header.bodyBytes === 0 || header.bodyBytes >= header.contentBytes) {
    throw badBatch("its compressed body is not shorter than its content, a shorter one wanted");
  }
  return { coding, ...header };
}

export function badBatch(what: string, cause?: unknown): FerryError {
  return new FerryError("peer-protocol", `Cannot read a batch: ${what}`, { cause });
}
