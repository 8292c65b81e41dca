/**
 * A person's word that the other host of a migration is dead. It is the only thing that lets a guest run on against the table, so it is
 * taken only where the table waits for it: a source that handed over and a target that is ready, when the other host is silent or denies
 * having the VM. The generation is raised by two, past what the other host may have: if it comes back, it owns nothing.
 */
import type { DatabaseSync } from "node:sqlite";
import { FerryError } from "../base/errors.ts";
import { claimOwnership, reclaimOwnership } from "../vm/registry.ts";
import type { Journal } from "./journal.ts";
import { type JournalRecord, type Standing, standingOf } from "./journal-record.ts";
import type { MigrationsParts } from "./parts.ts";
import type { PersonsWord } from "./persons-words.ts";
import { openMigration, type OpenMigration } from "./recovery-parts.ts";

export interface GivenWord {
  readonly id: string;
  readonly word: PersonsWord;
  /** Who gave it, for the journal. */
  readonly by: string;
}

/** Whoever waits on this host for how the migration goes on. */
export interface Listening {
  /** False while the move itself may still end it. */
  readonly hears: boolean;
  /** The journal says something new. */
  wake(): void;
}

type Parts = MigrationsParts & { readonly journal: Journal };

/** @throws FerryError `conflict` when nothing waits for this word, or the other host answers; `busy` while the move itself goes on. */
export async function giveWord(
  parts: Parts,
  given: GivenWord,
  listening: Listening,
): Promise<void> {
  const { journal, vms, peers } = parts;
  const entries = journal.of(given.id);
  const open = openMigration(entries);
  const wanted = given.word === "target-is-dead" ? "handed-over" : "ready";
  const standing = standingOf(entries);
  if (open === undefined || standing !== wanted) throw notWaiting(parts, given, standing);
  if (!listening.hears) {
    throw new FerryError("busy", `Cannot resolve migration "${given.id}": it is still under way`, {
      remedy: "Wait a few seconds: it ends by itself, or it is found to be in doubt",
    });
  }
  const status = await peers.status(open.peer, given.id).catch(() => undefined);
  if (status !== undefined) refuseAlive(open, status.last);
  if (standingOf(journal.of(given.id)) !== wanted) throw notWaiting(parts, given, standing);
  // Nothing is awaited between the look above and the record.
  const { record, together } = recordOf(open, given);
  journal.append(given.id, record, together);
  vms.refresh(open.vm);
  parts.log.warn({ migration: given.id, ...given }, "a person resolved a migration");
  listening.wake();
}

function recordOf(
  { vm, generation: before, role }: OpenMigration,
  { by }: GivenWord,
): { record: JournalRecord; together: (database: DatabaseSync) => void } {
  const generation = before + 2;
  return role === "source"
    ? {
        record: { kind: "reclaimed", generation, by },
        together: (database) => reclaimOwnership(database, vm, generation),
      }
    : {
        record: { kind: "claimed", generation, by },
        together: (database) => claimOwnership(database, vm, generation),
      };
}

/** A host that answers and has the VM needs no person. */
function refuseAlive({ peer, id }: OpenMigration, last: string | null): void {
  if (last === null || last === "discarded") return;
  throw new FerryError(
    "conflict",
    `Cannot resolve migration "${id}": host "${peer}" answers, its journal says "${last}"`,
    { remedy: "Both hosts see each other: the move ends by itself within seconds" },
  );
}

function notWaiting(
  { host }: Parts,
  { id, word }: GivenWord,
  standing: Standing | undefined,
): FerryError {
  const where =
    word === "target-is-dead" ? "the source, after the handover" : "a target that is ready";
  return new FerryError(
    "conflict",
    `Cannot resolve migration "${id}" on host "${host}": its journal says "${standing ?? "nothing"}", ${word} is a word for ${where}`,
    {
      remedy:
        "See both hosts' records: ferry migration show; docs/recovery.md says what each means",
    },
  );
}
