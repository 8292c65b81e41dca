import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { openDatabase } from "../database/database.ts";
import { Journal } from "./journal.ts";
import { forgetOldMoves } from "./retention.ts";

const nowMs = 1e12;
const dayMs = 86_400_000;

interface Move {
  readonly ageDays: number;
  readonly ended: boolean;
  readonly settled: boolean;
}

const moves = fc.array(
  fc.record({
    ageDays: fc.integer({ min: 0, max: 60 }),
    ended: fc.boolean(),
    settled: fc.boolean(),
  }),
  { maxLength: 20 },
);

test("forgetOldMoves() takes what is old, not among the newest, ended and settled, with its journal, and nothing else", () => {
  const limits = { migrationsMax: 5, days: 30 };
  fc.assert(
    fc.property(moves, (drawn) => {
      const database = openDatabase(":memory:");
      try {
        const named = drawn.map((move, index) => ({
          ...move,
          id: `m${index}`,
          ageMs: age(move, index),
        }));
        for (const move of named) store(database, move);
        const byAge = named.toSorted((a, b) => a.ageMs - b.ageMs);
        const kept = byAge.filter(
          ({ ageMs, ended, settled }, place) =>
            place < limits.migrationsMax || ageMs <= limits.days * dayMs || !ended || !settled,
        );
        assert.equal(forgetOldMoves(database, nowMs, limits), named.length - kept.length);
        const wanted = kept.map(({ id }) => id).toSorted();
        for (const table of [
          "SELECT id FROM migrations",
          "SELECT DISTINCT migration_id AS id FROM journal",
        ]) {
          const left = database.prepare(table).all() as { id: string }[];
          assert.deepEqual(left.map(({ id }) => id).toSorted(), wanted);
        }
      } finally {
        database.close();
      }
    }),
    { numRuns: 50 },
  );
});

/** No two of the same moment. */
function age({ ageDays }: Move, index: number): number {
  return ageDays * dayMs + index;
}

function store(
  database: ReturnType<typeof openDatabase>,
  { id, ageMs, ended, settled }: Move & { id: string; ageMs: number },
): void {
  const requestedAt = nowMs - ageMs;
  const record = JSON.stringify({ id, endedAt: ended ? requestedAt + 1 : null });
  database
    .prepare("INSERT INTO migrations VALUES (?, 'v', 'source', 'completed', ?, ?)")
    .run(id, requestedAt, record);
  const journal = new Journal(database, () => requestedAt);
  journal.append(id, { kind: "begun", vm: "v", peer: "b", generation: 1, ran: true });
  if (settled) journal.append(id, { kind: "finished" });
}
