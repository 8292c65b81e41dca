/**
 * What a batch of a disk's stream holds: the bytes of the NBD conversation in order, some of them said by reference. Pure.
 * The header is that of every batch (src/memory/page-batch.ts). Content, all integers big-endian:
 *
 * | kind | operation | fields                                                                              |
 * |------|-----------|-------------------------------------------------------------------------------------|
 * | 1    | bytes     | u32 length, the bytes                                                               |
 * | 2    | reference | the digest of a block of 64 KiB that the target has kept of an earlier attempt      |
 */
import { hash } from "node:crypto";
import { badBatch } from "../memory/page-batch.ts";

/** What QEMU's mirror copies in, and a cluster of an image: where contents are alike, they are in blocks of this. */
export const blockBytes = 64 * 1024;
/** The first 128 bits of the SHA-256: nobody makes two blocks alike, and both would be the same VM's. */
export const digestBytes = 16;

export const bytesHeaderBytes = 5;
export const referenceBytes = 1 + digestBytes;

export const diskOperations = { bytes: 1, reference: 2 } as const;

export type DiskOperation =
  | { readonly kind: "bytes"; readonly bytes: Buffer }
  | { readonly kind: "reference"; readonly digest: Buffer };

export function digestOf(block: Uint8Array): Buffer {
  return hash("sha256", block, "buffer").subarray(0, digestBytes);
}

/** The operations of a batch's content, which they share. Throws `peer-protocol` for what cannot be. */
export function* readDiskOperations(content: Buffer): Generator<DiskOperation, void, undefined> {
  let at = 0;
  while (at < content.length) {
    const kind = content[at];
    const left = content.length - at;
    if (kind === diskOperations.bytes && left >= bytesHeaderBytes) {
      const start = at + bytesHeaderBytes;
      const end = start + content.readUInt32BE(at + 1);
      if (end > content.length) throw badBatch("bytes of a disk's stream end behind it");
      yield { kind: "bytes", bytes: content.subarray(start, end) };
      at = end;
    } else if (kind === diskOperations.reference && left >= referenceBytes) {
      yield { kind: "reference", digest: content.subarray(at + 1, at + referenceBytes) };
      at += referenceBytes;
    } else {
      throw badBatch(`an operation of a disk's stream is of kind ${kind} or cut off`);
    }
  }
}
