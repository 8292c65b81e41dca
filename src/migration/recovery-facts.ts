/** What a recovery is decided by, and what can be decided (recovery.ts). Pure. */
import type { JournalKind, Standing } from "./journal-record.ts";

/** The standing of this host's journal. */
export const recordsHere = [
  "begun",
  "rolled-back",
  "handed-over",
  "taken",
  "reclaimed",
  "accepted",
  "making",
  "ready",
  "owner",
  "claimed",
  "discarded",
] as const satisfies readonly Standing[];
export type RecordHere = (typeof recordsHere)[number];

/** The same at the other host; `finished`: an older agent, which tells no more; `none`: it knows nothing of it; `silent`: no answer. */
export const recordsThere = [...recordsHere, "finished", "none", "silent"] as const;
export type RecordThere = (typeof recordsThere)[number];

/** `none`: no process; `incoming`: a skeleton that waits for its stream; `paused`: loaded or stopped. */
export const qemuStates = ["none", "incoming", "paused", "running"] as const;
export type QemuState = (typeof qemuStates)[number];
export const qemuStatesThere = [...qemuStates, "unknown"] as const;
export type QemuStateThere = (typeof qemuStatesThere)[number];

/**
 * Whom the owner's record names (ownership.ts). `journal`: there is no such record, the source's journal is the authority; `elsewhere`: the
 * cluster has given the VM away since, to a third host or to one of the two anew; `silent`: there is a record, and it can't be read.
 */
export const ownerRecords = ["journal", "source", "target", "elsewhere", "silent"] as const;
export type OwnerRecord = (typeof ownerRecords)[number];

export interface RecoveryFacts {
  readonly here: RecordHere;
  readonly there: RecordThere;
  readonly qemuHere: QemuState;
  readonly qemuThere: QemuStateThere;
  readonly owner: OwnerRecord;
}

/** What to do, and what it means to a reader of docs/recovery.md. */
export const decisions = {
  "run on source":
    "end the outgoing migration, let the guest run here, tell the target that it is off",
  "keep on source":
    "the VM is here without a process: it can be started; tell the target that it is off",
  "hand over": "the owner's record names the target already: write *handed-over*",
  "take back": "the owner's record names this host again: write *reclaimed*",
  "insist on take": "say *take* until the target answers",
  "remove the remains": "the target has the VM: write *taken*, remove what is left of it here",
  take: "write *owner*, then let the guest run here",
  "finish on target": "let the guest run here if it does not, announce it",
  "keep on target": "the VM is here without a process: it can be started",
  discard: "remove the skeleton and what was made for it, tell the source",
  hold: "the VM is here by a person's word: let it run, tell the other host until its copy is gone",
  "give way": "the other host has the VM by a newer word: destroy this copy",
  "wait for the peer": "stand still, ask again",
  "wait for the owner record": "stand still until it can be read",
  "ask a person": "stand still; the runbook says how to go on",
  finish: "nothing is left to do",
} as const;
export type Decision = keyof typeof decisions;

export interface Recovery {
  readonly decision: Decision;
  /** Why, as a sentence. */
  readonly why: string;
}

export type ColumnSets = {
  readonly [Column in keyof RecoveryFacts]?: readonly RecoveryFacts[Column][];
};

/** A row of the table. */
export interface RecoveryRow extends ColumnSets, Recovery {
  readonly here: readonly RecordHere[];
}

export function matches(sets: ColumnSets, facts: RecoveryFacts): boolean {
  return (
    (sets.here?.includes(facts.here) ?? true) &&
    (sets.there?.includes(facts.there) ?? true) &&
    (sets.qemuHere?.includes(facts.qemuHere) ?? true) &&
    (sets.qemuThere?.includes(facts.qemuThere) ?? true) &&
    (sets.owner?.includes(facts.owner) ?? true)
  );
}

/** What a newer agent may say and this one does not know is as good as no answer. */
export function recordThere(last: JournalKind | null): RecordThere {
  if (last === null) return "none";
  return recordsThere.find((known) => known === last) ?? "silent";
}
