/**
 * What this host still knows of moves that are long over. The newest ten thousand are kept, and everything of the last thirty
 * days: a peer that was away for weeks may still ask how a move ended, and hears it from the journal. What is not settled is
 * kept for ever.
 */
import type { DatabaseSync } from "node:sqlite";
import { transaction } from "../database/database.ts";

export interface Retention {
  readonly migrationsMax: number;
  readonly days: number;
}

export const defaultRetention: Retention = { migrationsMax: 10_000, days: 30 };

const dayMs = 86_400_000;

/** Removes records and journals of settled moves that are neither among the newest nor young; says how many. */
export function forgetOldMoves(
  database: DatabaseSync,
  nowMs: number,
  { migrationsMax, days }: Retention = defaultRetention,
): number {
  return transaction(database, () => {
    const old = database
      .prepare(
        `SELECT id FROM migrations
         WHERE requested_at < :before AND json_extract(record, '$.endedAt') IS NOT NULL
           AND id IN (SELECT id FROM migrations ORDER BY requested_at DESC LIMIT -1 OFFSET :kept)
           AND id NOT IN (SELECT migration_id FROM journal GROUP BY migration_id HAVING SUM(kind = 'finished') = 0)`,
      )
      .all({ before: Math.floor(nowMs - days * dayMs), kept: migrationsMax });
    const forgetRecord = database.prepare("DELETE FROM migrations WHERE id = ?");
    const forgetJournal = database.prepare("DELETE FROM journal WHERE migration_id = ?");
    for (const { id } of old as { id: string }[]) {
      forgetRecord.run(id);
      forgetJournal.run(id);
    }
    return old.length;
  });
}
