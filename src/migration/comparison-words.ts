/** What comparing a guest's memory came to, as a sentence for people. Pure. */
import { formatCount, formatDuration } from "../base/format.ts";
import type { MigrationRecord } from "./record.ts";

/** The longest that may be asked for (record.ts). */
const blackoutMsLongest = 60_000;
/** What is asked for next time shall do on a busier day too. */
const spare = 1.5;

/** Undefined where it was not asked for, or nothing is known yet. */
export function comparisonWords(record: MigrationRecord): string | undefined {
  const { differingPages, memoryComparison: comparison } = record;
  if (differingPages !== null && differingPages > 0)
    return `${comparison?.isWhole === false ? "at least " : ""}${formatCount(differingPages, "page")} of memory differed`;
  if (comparison === undefined) return differingPages === 0 ? "no page differs" : undefined;
  if (comparison.isWhole)
    return `no page differs, compared in ${formatDuration(comparison.tookMs)}`;
  return `no: comparing all memory takes about ${formatDuration(comparison.wholeMs)}, more than the blackout allowed had left; ${remedy(record, comparison.wholeMs)}`;
}

function remedy({ blackout, memoryComparison }: MigrationRecord, wholeMs: number): string {
  const otherMs = Math.max(0, (blackout?.totalMs ?? 0) - (memoryComparison?.tookMs ?? 0));
  const ms = Math.ceil((spare * (wholeMs + otherMs)) / 100) * 100;
  if (ms > blackoutMsLongest) return "no blackout that can be allowed is that long";
  return `allow it with --max-blackout ${ms}ms`;
}
