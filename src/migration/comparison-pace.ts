/** How long the comparison of a guest's memory takes in all, told by what it took so far. Pure. */

export interface ComparedSoFar {
  readonly stretches: number;
  /** Each is asked for once, and waits a round trip for the answer. */
  readonly batches: number;
  readonly tookMs: number;
}

/** The first tells the pace, and costs a guest whose memory is too large no more than that. */
const firstBatch = 32;
/** Of one more the guest stands still no longer than a tenth of a second beyond what was expected. */
const largestBatch = 512;

/** How many stretches to ask for after so many batches. */
export function nextBatch(batches: number): number {
  return Math.min(firstBatch * 2 ** batches, largestBatch);
}

/** Milliseconds, of which `tookMs` have passed. */
export function comparisonMs(
  { stretches, batches, tookMs }: ComparedSoFar,
  all: number,
  roundTripMs: number,
): number {
  const left = all - stretches;
  if (left <= 0) return tookMs;
  const pace = Math.max(0, tookMs - batches * roundTripMs) / stretches;
  return tookMs + left * pace + batchesFor(left, batches) * roundTripMs;
}

/** Whether to go on. The first batch finds both hosts cold, and tells the pace only roughly. */
export function mayFit(wholeMs: number, batches: number, allowedMs: number): boolean {
  return wholeMs <= (batches === 1 ? 2 * allowedMs : allowedMs);
}

function batchesFor(stretches: number, batches: number): number {
  let more = 0;
  for (let left = stretches; left > 0; more++) left -= nextBatch(batches + more);
  return more;
}
