/**
 * The VMs of this host as the migration engine, the API and the agent see them. Implemented by src/vm/local-vms.ts.
 */
import type { Qmp } from "../qemu/qmp.ts";
import type { VmDefinition } from "./definition.ts";
import type { StorageMoveRecord } from "./storage-move-record.ts";

export const vmStates = [
  "stopped",
  "starting",
  "running",
  "paused",
  /** A skeleton made by a move towards this host; not this host's VM yet. */
  "incoming",
  /** Given to another host by a move whose cleanup is not over; never runs here again by itself. */
  "handed-over",
  "crashed",
] as const;
export type VmState = (typeof vmStates)[number];

/** How a VM belongs to this host. Only `owner` may let the guest run. */
export type Ownership = "owner" | "incoming" | "handed-over";

export interface VmRecord {
  readonly definition: VmDefinition;
  readonly ownership: Ownership;
  /** Raised by one at every handover. */
  readonly generation: number;
  readonly state: VmState;
  /** The migration that holds the VM now, or null. While set, changes of configuration are refused `busy`. */
  readonly migration: string | null;
  readonly createdAt: number;
  /** The latest move of its disks to other pools of its host; null without one since the agent started. */
  readonly storageMove: StorageMoveRecord | null;
}

/** A QEMU process of this host and everything needed to talk to it. */
export interface VmProcess {
  readonly pid: number;
  readonly qmp: Qmp;
  /** The VM's own directory for sockets, mode 0700, owned by QEMU's user (docs/decisions/0023). */
  readonly directory: string;
  /** Whom QEMU runs as: sockets it shall connect to belong to it. */
  readonly uid: number;
  readonly gid: number;
  readonly qemuVersion: string;
  /** Resolves when the process is gone, with what its log ended with. */
  readonly exited: Promise<{ readonly log: string }>;
}
