/**
 * The target's end: takes the bytes of batches as they arrive and has a target apply what they say, in order, each
 * operation checked before (operation-check.ts).
 */
import { BatchDecoder } from "./batch-decoder.ts";
import type { MemoryTarget } from "./memory-target.ts";
import { OperationCheck } from "./operation-check.ts";
import { readOperations } from "./page-batch-reader.ts";
import { cacheSlotsIn } from "./page-cache.ts";

export interface MemoryDecoderOptions {
  readonly target: MemoryTarget;
  /** The largest page cache that the source may have this side keep. */
  readonly pageCacheBytesMax: number;
  /** How many batches are decompressed at once; at least 1. */
  readonly jobs: number;
}

/** @throws FerryError `peer-protocol` for batches that cannot be, else what the target failed of. */
export class MemoryDecoder extends BatchDecoder {
  constructor({ target, pageCacheBytesMax, jobs }: MemoryDecoderOptions) {
    const check = new OperationCheck(cacheSlotsIn(pageCacheBytesMax));
    super({
      jobs,
      async apply(content) {
        for (const operation of readOperations(content)) {
          check.check(operation);
          await target.apply(operation);
        }
        await target.batchEnded();
      },
    });
  }
}
