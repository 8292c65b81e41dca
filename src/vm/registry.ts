/** The table of VMs: definitions, ownership and generations. The only file that writes `vms`. */
import type { DatabaseSync } from "node:sqlite";

/**
 * Target, at *take*: this host owns the VM from here on. One statement, so that the caller can put it into the
 * transaction that writes its journal. Call `LocalVms.refresh(id)` after the commit.
 */
export function becomeOwner(_database: DatabaseSync, _id: string, _generation: number): void {
  throw new Error("not written yet");
}

/** Source, at the handover: this host no longer owns the VM. As `becomeOwner`. */
export function markHandedOver(_database: DatabaseSync, _id: string, _generation: number): void {
  throw new Error("not written yet");
}
