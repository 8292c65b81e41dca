/** Writes one record of a live move's journal, with a point before and after it at which a fault may strike. */
import type { DatabaseSync } from "node:sqlite";
import type { Faults } from "./faults.ts";
import type { Journal } from "./journal.ts";
import type { JournalRecord } from "./journal-record.ts";

export interface WritingMove {
  readonly id: string;
  readonly journal: Journal;
  readonly faults: Faults;
}

export interface Together {
  /** In the record's transaction. */
  readonly together?: (database: DatabaseSync) => void;
  /** As soon as it is durable, before anything else can fail. */
  readonly durable?: () => void;
}

export async function writeDown(
  { id, journal, faults }: WritingMove,
  role: "source" | "target",
  record: JournalRecord,
  { together, durable }: Together = {},
): Promise<void> {
  await faults.reach(`${role}:journal-${record.kind}:before`);
  journal.append(id, record, together);
  durable?.();
  await faults.reach(`${role}:journal-${record.kind}:after`);
}
