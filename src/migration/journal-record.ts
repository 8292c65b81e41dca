/**
 * What a host's journal can say about one migration. A record is durable before anything that depends on it happens.
 * `handed-over` on the source is the point of no return; `owner` on the target is what allows the guest to run there.
 */
import type { PoolFile } from "../vm/definition.ts";

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
  | { kind: "accepted"; vm: string; peer: string; generation: number; run: boolean }
  /** Target: these files did not exist and are being made for the VM; without it they are nobody's. */
  | { kind: "making"; files: PoolFile[] }
  /** Target: everything is loaded, the disks are active; a *take* of this generation can be honoured. */
  | { kind: "ready"; generation: number }
  /** Source: the VM belongs to the target from here on, whatever happens. */
  | { kind: "handed-over"; generation: number }
  /** Source: the target confirmed that the VM is its; what is left of it here may go. */
  | { kind: "taken"; generation: number }
  /** Source: the move is off and never was; the VM stays here. */
  | { kind: "rolled-back"; reason: string }
  /** Target: the VM belongs to this host. */
  | { kind: "owner"; generation: number }
  /** Target: the skeleton is gone. */
  | { kind: "discarded" }
  /** Either: nothing is left to do for this migration. */
  | { kind: "finished" };

/** Disks that stay behind on the source. */
export interface LeftDisks {
  readonly files: readonly PoolFile[];
  readonly keep: boolean;
}

export type JournalKind = JournalRecord["kind"];

export interface JournalEntry {
  readonly migration: string;
  readonly at: number;
  readonly record: JournalRecord;
}
