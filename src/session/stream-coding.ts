/** What becomes of a stream on its way; each end's half. A stream without crosses as it is. */
import type { DiskDecoding, DiskEncoding } from "./disk-coding.ts";
import type { MemoryDecoding, MemoryEncoding } from "./memory-coding.ts";

export type StreamEncoding = MemoryEncoding | DiskEncoding;
export type StreamDecoding = MemoryDecoding | DiskDecoding;
