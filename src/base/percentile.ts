/** Percentiles of measured values, by the nearest rank: always a value that was measured. Pure. */

/** `percent` of the values are at most this one; null without values. */
export function percentile(values: readonly number[], percent: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = Math.ceil((percent / 100) * sorted.length);
  return sorted[Math.max(0, rank - 1)] ?? null;
}
