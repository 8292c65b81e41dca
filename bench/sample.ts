/** What one move showed. Milliseconds, bytes and CPU seconds; null where a subject has no such figure. */
import type { performanceOptions } from "../src/migration/record.ts";

export type PerformanceOption = (typeof performanceOptions)[number];

export interface MoveTimes {
  /** From the command until the guest runs on the target and the source is done. */
  readonly wallMs: number | null;
  /** From the start of the memory's transfer until the guest runs on the target. */
  readonly memoryMs: number | null;
  /** What the subject itself says of the time without a guest. */
  readonly reportedBlackoutMs: number | null;
}

export interface Sample extends MoveTimes {
  readonly cell: string;
  readonly subject: string;
  readonly run: number;
  /** False: the guest was not across within the time allowed, and the move was called off. */
  readonly finished: boolean;
  /** Longest time in which a client outside, fed every millisecond, heard nothing. */
  readonly clientGapMs: number;
  /** Sent by the source host's network interfaces, headers and retransmissions included. */
  readonly wireBytes: number;
  /** Of agents or libvirtd on both hosts, and of both QEMUs: the guest's own work included. */
  readonly managementCpuSeconds: number;
  readonly qemuCpuSeconds: number;
  /** Of the larger of both agents, or libvirtds: peak resident memory, bytes. */
  readonly managementPeakBytes: number | null;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
