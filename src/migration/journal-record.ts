/**
 * What a host's journal can say about one migration. A record is durable before anything that depends on it happens.
 * `handed-over` on the source is the point of no return; `owner` on the target is what allows the guest to run there.
 * What an agent that starts does about the last record: recovery-table.ts.
 */
import type { PoolFile } from "../vm/definition.ts";
import type { KeepableDisk } from "../vm/keep-partial.ts";
import type { Passage } from "../vm/passage.ts";

export type JournalRecord =
  /** Source: a move of this VM towards `peer` has begun; `ran` is whether the guest was running. */
  | {
      kind: "begun";
      vm: string;
      peer: string;
      generation: number;
      ran: boolean;
      /** Files that move with the VM and what becomes of them once the target has it; absent where none does. */
      leaves?: LeftDisks;
    }
  /** Target: a skeleton for this VM is being made for `peer`. */
  | {
      kind: "accepted";
      vm: string;
      peer: string;
      generation: number;
      run: boolean;
      /** The VM comes out of a cluster that this host is not in, or enters this host's. */
      passage?: Passage;
    }
  /** Target: these files did not exist and are being made for the VM; without it they are nobody's. */
  | {
      kind: "making";
      files: PoolFile[];
      /** Of them, those to be kept when the move fails; absent: none. */
      keep?: readonly KeepableDisk[];
    }
  /** Target: everything is loaded, the disks are active; a *take* of this generation can be honoured. */
  | { kind: "ready"; generation: number }
  /** Source: the VM belongs to the target from here on, whatever happens. */
  | { kind: "handed-over"; generation: number }
  /** Source: the target confirmed that the VM is its; what is left of it here may go. */
  | { kind: "taken"; generation: number }
  /** Source: the move is off and never was; the VM stays here. */
  | { kind: "rolled-back"; reason: string }
  /** Source: handed over, and taken back by a person's word (`by`) that the target is dead. */
  | { kind: "reclaimed"; generation: number; by: string }
  /** Target: the VM belongs to this host. */
  | { kind: "owner"; generation: number }
  /** Target: taken without the source's word, by a person's (`by`) that the source is dead. */
  | { kind: "claimed"; generation: number; by: string }
  /** Either: this host's copy is gone, and whatever was made for it. */
  | { kind: "discarded" }
  /** Either: nothing is left to do for this migration. */
  | { kind: "finished" };

/** Disks that stay behind on the source. */
export interface LeftDisks {
  readonly files: readonly PoolFile[];
  readonly keep: boolean;
}

export type JournalKind = JournalRecord["kind"];

/** What counts of a journal: its last record that still says how the migration went. */
export type Standing = Exclude<JournalKind, "finished">;

export interface JournalEntry {
  readonly migration: string;
  readonly at: number;
  readonly record: JournalRecord;
}

/** Undefined when there is none. Pure. */
export function standingOf(entries: readonly JournalEntry[]): Standing | undefined {
  const kinds = entries.map(({ record }) => record.kind);
  return kinds.findLast((kind): kind is Standing => kind !== "finished");
}

type MovingKind = Exclude<JournalKind, "reclaimed" | "claimed">;

/** What each role writes in a move, by itself; a record that is added to the union is missing here at compile time. */
const writers: Readonly<Record<MovingKind, readonly ("source" | "target")[]>> = {
  begun: ["source"],
  accepted: ["target"],
  making: ["target"],
  ready: ["target"],
  "handed-over": ["source"],
  taken: ["source"],
  "rolled-back": ["source"],
  owner: ["target"],
  discarded: ["target"],
  finished: ["source", "target"],
};

/** Pure. */
export function recordsBy(role: "source" | "target"): MovingKind[] {
  const kinds = Object.keys(writers) as MovingKind[];
  return kinds.filter((kind) => writers[kind].includes(role));
}
