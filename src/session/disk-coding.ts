/** How a disk's stream crosses when it is compressed (src/disk-stream): what each end's worker is given. */
import type { KeptBlocks } from "../disk-stream/kept-blocks.ts";

/** The source's end. */
export interface DiskEncoding {
  readonly kind: "disk";
  /** Digests of the blocks that the target has kept of an earlier attempt, one after the other; null: none. */
  readonly kept: Uint8Array | null;
  /** Batches compressed at once. */
  readonly jobs: number;
}

/** The target's end. */
export interface DiskDecoding {
  readonly kind: "disk";
  readonly kept: KeptBlocks | null;
  /** Batches decompressed at once. */
  readonly jobs: number;
}
