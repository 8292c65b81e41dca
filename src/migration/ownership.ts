/**
 * Who says whom a VM belongs to. Standalone hosts have one authority, the source's journal: its *handed-over* is the handover. Hosts of a
 * cluster swap the VM's owner record there first, and write the same records then; what a crash between the two leaves is in the table
 * (recovery-table.ts, column `owner`). One interface, so that nothing else knows which it is.
 */
import type { Passage } from "../vm/passage.ts";
import type { OwnerRecord } from "./recovery-facts.ts";

export interface OwnerQuestion {
  /** The VM's id. */
  readonly vm: string;
  /** The owner's generation before the move. */
  readonly generation: number;
  readonly source: string;
  readonly target: string;
  /** Of a VM that comes out of a cluster that this host is not in. */
  readonly passage?: Passage | undefined;
}

export interface OwnerChange {
  readonly vm: string;
  readonly from: string;
  readonly to: string;
  /** The new owner's. */
  readonly generation: number;
  /** `to` need not be in the VM's cluster: the VM leaves it then. */
  readonly mayLeave: boolean;
}

/** What a move is asked to do beside moving. */
export interface PassageWish {
  readonly mayLeave: boolean;
  /** The VM shall be the target's cluster's. */
  readonly enter: boolean;
}

export interface OwnerAuthority {
  /** Whom the record names in this move; `silent` when it can't be read. Does not throw. */
  owner(question: OwnerQuestion): Promise<OwnerRecord>;
  /**
   * Resolves when the record durably names `to` with the new generation. Called before the journal says the same.
   * @throws FerryError when it certainly does not and will not by this change; `migration-unresolved` when that can't be known: the move
   *   is left to recovery then, and nothing runs.
   */
  swap(change: OwnerChange): Promise<void>;
  /** The source's word on a VM that leaves a cluster or enters one; undefined when it does neither. @throws FerryError when it can't be known. */
  passage(vm: string, target: string, wish: PassageWish): Promise<Passage | undefined>;
  /** The target's half: once the VM is this host's, it becomes its cluster's. Durable when this returns; void if it never is. */
  expect(vm: string, passage: Passage): void;
}

/** Without a cluster there is no record beside the journals. */
export const journalAuthority: OwnerAuthority = {
  owner: async () => "journal",
  swap: async () => {},
  passage: async () => undefined,
  expect: () => {},
};
