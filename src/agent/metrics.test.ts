import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import type { MigrationRecord } from "../migration/record.ts";
import type { Trust } from "../trust/trust.ts";
import type { LocalVms } from "../vm/local-vms.ts";
import { Metrics } from "./metrics.ts";

function someMetrics(): Metrics {
  const metrics = new Metrics(
    { list: () => [] } as unknown as LocalVms,
    { refusedPeers: 3 } as Trust,
  );
  metrics.followMoves({
    migrations: { running: () => [] },
    queueLength: () => 4,
    slotsInUse: () => ({ moves: 1, storageMoves: 0 }),
    slotLimits: () => ({ simultaneousMovesMax: 2, simultaneousStorageMovesMax: 2 }),
  });
  return metrics;
}

test("docs/metrics.md has every figure of ferry's, and no other", async () => {
  const { text } = await someMetrics().read();
  const page = await readFile(new URL("../../docs/metrics.md", import.meta.url), "utf8");
  const names = (source: string, pattern: RegExp): string[] =>
    [...new Set([...source.matchAll(pattern)].map(([, name]) => name ?? ""))].sort();
  assert.deepEqual(names(page, /^\| `(ferry_\w+)/gm), names(text, /^# HELP (ferry_\w+)/gm));
});

test("an ended move is counted with its bytes, rounds, waiting and blackout; one under way is not", async () => {
  const metrics = someMetrics();
  const record = {
    ...{ role: "source", state: "completed", requestedAt: 1_000, startedAt: 3_000, endedAt: 9_000 },
    ...{
      rounds: [{}, {}],
      blackout: { totalMs: 30 },
      guestBytes: 100,
      diskBytes: 0,
      wireBytes: 40,
    },
  } as unknown as MigrationRecord;
  metrics.migrationChanged({ ...record, state: "running", endedAt: null });
  metrics.migrationChanged(record);
  const { text } = await metrics.read();
  for (const line of [
    'ferry_migrations_total{role="source",state="completed"} 1',
    "ferry_migration_rounds_total 2",
    'ferry_migration_bytes_total{kind="wire"} 40',
    "ferry_migration_wait_seconds_sum 2",
    "ferry_migration_duration_seconds_sum 6",
    "ferry_migration_blackout_seconds_sum 0.03",
    "ferry_migrations_queued 4",
    "ferry_peers_refused_total 3",
    'ferry_move_slots_max{direction="incoming",kind="move"} 2',
  ]) {
    assert.ok(text.includes(`${line}\n`), line);
  }
});
