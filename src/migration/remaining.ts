/**
 * How long memory still takes, and how sure that is: what remains over the rate at which it shrinks, which is what the link
 * carries less what the guest writes. Pure.
 */

export interface RemainingTime {
  readonly ms: number;
  /** The true time is likely within this much of `ms`, either way. */
  readonly uncertaintyMs: number;
}

/** About two seconds at the rate QEMU is asked: long enough to be calm, short enough to follow a guest. */
const ratesKept = 40;
/** No figure of QEMU's is better than this. */
const spreadMin = 0.05;

/** The latest rates at which the rest shrinks, bytes per second; negative while the guest writes faster. */
export function withRate(rates: readonly number[], netBytesPerSecond: number): readonly number[] {
  return [...rates, netBytesPerSecond].slice(-ratesKept);
}

/** Null while the rest does not shrink: no time can be promised. */
export function remainingTime(
  remainingBytes: number,
  rates: readonly number[],
): RemainingTime | null {
  if (rates.length === 0) return null;
  const mean = sum(rates) / rates.length;
  if (mean <= 0) return null;
  const deviation = Math.sqrt(sum(rates.map((rate) => (rate - mean) ** 2)) / rates.length);
  const ms = (remainingBytes / mean) * 1000;
  const spread = Math.min(1, Math.max(spreadMin, deviation / mean));
  return { ms: Math.round(ms), uncertaintyMs: Math.round(ms * spread) };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
