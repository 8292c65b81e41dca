/** What a decoder does with the operations of batches: plain-target.ts or placed-target.ts. */
import type { Operation } from "./page-batch-reader.ts";

export interface MemoryTarget {
  /** In order, checked; buffers are valid until `batchEnded` resolves. */
  apply(operation: Operation): Promise<void>;
  /** Resolves when everything so far is where it belongs: with QEMU's socket, in its memory. */
  batchEnded(): Promise<void>;
}
