/** What the records of moves say about limits. Pure. */
import type { MigrationRecord } from "../src/migration/record.ts";

/** The most moves that were under way at any moment. */
export function mostAtOnce(records: readonly MigrationRecord[]): number {
  const begins = records.flatMap(({ startedAt }) => startedAt ?? []);
  return Math.max(
    0,
    ...begins.map(
      (at) =>
        records.filter(
          ({ startedAt, endedAt }) =>
            startedAt !== null && startedAt <= at && (endedAt ?? Infinity) > at,
        ).length,
    ),
  );
}
