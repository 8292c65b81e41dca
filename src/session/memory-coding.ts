/** How the memory stream crosses when it is told page by page (src/memory): what each end's worker is given. */
import { availableParallelism } from "node:os";
import type { TargetMemory } from "../memory/page-encoder.ts";
import type { MemoryPlace } from "../memory/memory-file.ts";

/**
 * QEMU compresses memory itself, in so many threads, and each of them says it over a connection of its own, which crosses as a
 * stream of its own; both ends.
 */
export interface MemoryChannels {
  readonly kind: "channels";
  readonly count: number;
}

/** The source's end. */
export interface MemoryEncoding {
  readonly kind: "memory";
  /** What the target's agent does with pages. */
  readonly target: TargetMemory;
  /** Memory for versions of pages sent before; no more than the target takes. */
  readonly pageCacheBytes: number;
  /** Batches compressed at once. */
  readonly jobs: number;
}

/** The target's end. */
export interface MemoryDecoding {
  readonly kind: "memory";
  /** A file in which the target QEMU's memory is, to put pages into; null: QEMU's stream is made again for it. */
  readonly placed: (MemoryPlace & { readonly block: string; readonly path: string }) | null;
  /** The largest page cache that the source may ask for. */
  readonly pageCacheBytesMax: number;
  /** Batches decompressed at once. */
  readonly jobs: number;
}

/** Half of the processors, for guests run on them too; two at least, so that one batch is ready when the next begins. */
export function codingJobs(processors: number = availableParallelism()): number {
  return Math.min(threadsOfPool, Math.max(2, Math.floor(processors / 2)));
}

/** libuv's, unless told otherwise: more jobs would only wait for each other. */
const threadsOfPool = 4;
