/**
 * The VMs of this host: what exists, what runs, and who may change it now.
 *
 * SIGNATURES FIRST: bodies follow within this series of commits.
 */
import type { DatabaseSync } from "node:sqlite";
import type { Log } from "../base/log.ts";
import type { Switches } from "../network/switches.ts";
import type { QemuSettings } from "../qemu/settings.ts";
import type { LockOwner } from "../storage/disk-lock.ts";
import type { Pools } from "../storage/pools.ts";
import type { VmDefinition } from "./definition.ts";
import type { VmDraft } from "./draft.ts";
import type { VmProcess, VmRecord } from "./vm-host.ts";

export interface LocalVmsParts {
  readonly database: DatabaseSync;
  readonly log: Log;
  readonly paths: { readonly state: string; readonly run: string; readonly memory: string };
  readonly qemu: QemuSettings;
  readonly pools: Pools;
  readonly switches: Switches;
  /** Who this host is, for the locks on shared disks. Asked each time: a host joins a domain while it runs. */
  readonly identity: () => LockOwner;
}

export interface VmChange {
  readonly kind: "created" | "changed" | "deleted";
  readonly id: string;
  readonly name: string;
  /** Null when deleted. */
  readonly record: VmRecord | null;
}

const pending = (): never => {
  throw new Error("not written yet");
};

export class LocalVms implements AsyncDisposable {
  /** Adopts QEMUs that outlived the last agent. Never stops or starts a guest. */
  static async open(_parts: LocalVmsParts): Promise<LocalVms> {
    return pending();
  }

  onChange(_listener: (change: VmChange) => void): () => void {
    return pending();
  }

  list(): VmRecord[] {
    return pending();
  }

  /** By name or id. @throws FerryError `not-found`. */
  get(_nameOrId: string): VmRecord {
    return pending();
  }

  find(_nameOrId: string): VmRecord | undefined {
    return pending();
  }

  async create(_draft: VmDraft): Promise<VmRecord> {
    return pending();
  }

  async replaceDefinition(_nameOrId: string, _document: unknown): Promise<VmRecord> {
    return pending();
  }

  async delete(_nameOrId: string, _options: { disks: "delete" | "keep" }): Promise<void> {
    return pending();
  }

  async start(_nameOrId: string): Promise<VmRecord> {
    return pending();
  }

  /** Asks the guest by ACPI; powers it off when it has not stopped after `timeoutMs` (default 60 000). */
  async shutdown(_nameOrId: string, _options?: { timeoutMs?: number }): Promise<VmRecord> {
    return pending();
  }

  async powerOff(_nameOrId: string): Promise<VmRecord> {
    return pending();
  }

  async pause(_nameOrId: string): Promise<VmRecord> {
    return pending();
  }

  async resume(_nameOrId: string): Promise<VmRecord> {
    return pending();
  }

  async restart(_nameOrId: string): Promise<VmRecord> {
    return pending();
  }

  /** The QEMU process of a VM of whatever ownership; undefined when none runs. */
  process(_id: string): VmProcess | undefined {
    return pending();
  }

  /** Source, setup: from now on only the migration changes this VM. @throws FerryError `busy`, `conflict`. */
  claimForMigration(_id: string, _migrationId: string): void {
    pending();
  }

  releaseFromMigration(_id: string): void {
    pending();
  }

  /**
   * Target, setup: checks that this host can run the definition, reserves, and starts a skeleton QEMU
   * (`-S -incoming defer`), recorded as `incoming`. Whatever fails, nothing stays behind.
   * `generation` is the source's present one.
   */
  async prepareIncoming(
    _definition: VmDefinition,
    _generation: number,
    _migrationId: string,
  ): Promise<VmProcess> {
    return pending();
  }

  /** Target, undo of `prepareIncoming`: may be repeated; does nothing to a VM that is not `incoming`. */
  async discardIncoming(_id: string): Promise<void> {
    return pending();
  }

  /**
   * Lets an owned VM's guest run: after a handover on the target, after a failed move on the source.
   * @throws FerryError `conflict` when this host is not the owner.
   */
  async resumeOwned(_id: string): Promise<void> {
    return pending();
  }

  /** Source, cleanup: quits QEMU, removes taps, directory and record; disks stay. May be repeated. */
  async removeAfterHandover(_id: string): Promise<void> {
    return pending();
  }

  /** Re-reads a VM from the database after `becomeOwner`/`markHandedOver` ran in the caller's transaction. */
  refresh(_id: string): void {
    pending();
  }

  /** Names of VMs whose definition uses the pool. */
  usingPool(_pool: string): string[] {
    return pending();
  }

  usingSwitch(_name: string): string[] {
    return pending();
  }

  /** Closes the conversations; the QEMUs run on. */
  async [Symbol.asyncDispose](): Promise<void> {
    pending();
  }
}
