/** The target's end of a disk's stream: makes of the source's batches what QEMU's NBD server is to hear. */
import { BatchDecoder } from "../memory/batch-decoder.ts";
import { badBatch } from "../memory/page-batch.ts";
import { readDiskOperations } from "./disk-batch.ts";
import type { KeptFile } from "./kept-blocks.ts";

export interface DiskDecoderOptions {
  /** What an earlier attempt has left; null: nothing. */
  readonly kept: KeptFile | null;
  /** How many batches are decompressed at once; at least 1. */
  readonly jobs: number;
  /** Gives bytes to QEMU's socket, for good; resolves when it may have more. */
  readonly pass: (pieces: readonly Buffer[]) => Promise<void>;
}

/** @throws FerryError `peer-protocol` for batches that cannot be, else what KeptFile or `pass` failed of. */
export class DiskDecoder extends BatchDecoder {
  constructor({ kept, jobs, pass }: DiskDecoderOptions) {
    super({
      jobs,
      async apply(content) {
        const pieces: Buffer[] = [];
        for (const operation of readDiskOperations(content)) {
          if (operation.kind === "bytes") pieces.push(operation.bytes);
          else pieces.push(await resolve(kept, operation.digest, pieces, pass));
        }
        await pass(pieces);
      },
    });
  }
}

/** A batch of nothing but references unfolds to much: what is there is passed on before the next is read. */
const unfoldedPiecesMax = 16;

async function resolve(
  kept: KeptFile | null,
  digest: Buffer,
  pieces: Buffer[],
  pass: DiskDecoderOptions["pass"],
): Promise<Buffer> {
  if (kept === null)
    throw badBatch("it refers to what was kept of an earlier attempt: nothing was");
  if (pieces.length >= unfoldedPiecesMax) await pass(pieces.splice(0));
  return kept.read(digest);
}
