/** What past moves say together: how many came through, and how long guests stood still. Pure. */
import { percentile } from "../base/percentile.ts";
import type { MigrationRecord } from "../migration/record.ts";

export interface MoveStatistics {
  /** `all`, `vm NAME`, `from HOST`, `to HOST`. */
  readonly of: string;
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Of completed moves; null without any. Milliseconds. */
  readonly blackoutMs: { readonly p50: number; readonly p95: number; readonly max: number } | null;
}

export const groupings = ["vm", "source", "target"] as const;
export type Grouping = (typeof groupings)[number];

/** All moves first, then by group, by name. One record a move. */
export function moveStatistics(
  records: readonly MigrationRecord[],
  grouping: Grouping,
): MoveStatistics[] {
  const words = { vm: "vm", source: "from", target: "to" } as const;
  const nameOf = (record: MigrationRecord): string =>
    grouping === "vm" ? record.vm.name : record[grouping];
  const groups = Map.groupBy(records, nameOf);
  const names = [...groups.keys()].sort((a, b) => a.localeCompare(b));
  return [
    summarize("all", records),
    ...names.map((name) => summarize(`${words[grouping]} ${name}`, groups.get(name) ?? [])),
  ];
}

function summarize(of: string, records: readonly MigrationRecord[]): MoveStatistics {
  const count = (state: MigrationRecord["state"]): number =>
    records.filter((record) => record.state === state).length;
  const blackouts = records.flatMap(({ state, blackout }) =>
    state === "completed" && blackout !== null ? [blackout.totalMs] : [],
  );
  const at = (percent: number): number => percentile(blackouts, percent) ?? 0;
  return {
    ...{
      of,
      completed: count("completed"),
      failed: count("failed"),
      cancelled: count("cancelled"),
    },
    blackoutMs: blackouts.length === 0 ? null : { p50: at(50), p95: at(95), max: at(100) },
  };
}
