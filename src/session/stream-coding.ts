/** What becomes of a stream on its way; each end's half. A stream without crosses as it is. */
import type { DiskDecoding, DiskEncoding } from "./disk-coding.ts";
import type { MemoryChannels, MemoryDecoding, MemoryEncoding } from "./memory-coding.ts";
import type { MemoryChannel } from "./session.ts";

export type StreamEncoding = MemoryEncoding | MemoryChannels | DiskEncoding;
export type StreamDecoding = MemoryDecoding | MemoryChannels | DiskDecoding;

/** The further streams that belong to one that is carried so. */
export function channelsOf(coding: StreamEncoding | StreamDecoding | undefined): MemoryChannel[] {
  if (coding?.kind !== "channels") return [];
  return Array.from({ length: coding.count }, (_, index) => `memory:${index + 1}` as const);
}

/** The stream that a stream is a part of, or the stream itself. */
export function wholeOf(stream: string): string {
  return stream.startsWith("memory:") ? "memory" : stream;
}
