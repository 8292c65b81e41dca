/**
 * The VMs of this host: what exists, what runs, and who may change it now. Every operation holds its VM for itself;
 * what is allowed when is src/vm/lifecycle.ts.
 */
import { FerryError } from "../base/errors.ts";
import { QemuHost } from "../qemu/qemu-host.ts";
import type { QemuSettings } from "../qemu/settings.ts";
import type { UrgentMonitor } from "../qemu/urgent-monitor.ts";
import { adoptAll } from "./adopt.ts";
import { deleteVm, replaceDefinition } from "./configure.ts";
import { createVm } from "./create.ts";
import type { PoolFile, VmDefinition } from "./definition.ts";
import type { VmDraft } from "./draft.ts";
import { takeGiven } from "./given.ts";
import { destroyCopy, discardIncoming, prepareIncoming, removeHandedOver } from "./incoming.ts";
import { requireAllowed, type VmRequest } from "./lifecycle.ts";
import type { LocalVm } from "./local-vm.ts";
import { changeMedia, differOnlyInMedia, ejectMedia, insertMedia } from "./media.ts";
import {
  type IncomingStorage,
  makeStorage,
  releaseRoom,
  removeDisks,
  setDisksAside,
} from "./moved-disks.ts";
import { takeOverLocks } from "./image-locks.ts";
import { formatDefinition, parseDefinition } from "./parse-definition.ts";
import type { VmHostParts } from "./resolve.ts";
import { letRun, pauseGuest, qemuStateOf, resetGuest, startProcess } from "./run.ts";
import { endProcess } from "./end-process.ts";
import { type ShutdownOptions, shutDown } from "./stop.ts";
import { StorageMoving } from "./storage-moving.ts";
import { usesPool, usesSwitch } from "./uses.ts";
import type { VmProcess, VmRecord } from "./vm-host.ts";
import { upgradeVm } from "./upgrade.ts";
import { type VmChange, VmTable } from "./vm-table.ts";

export type { VmChange };

export type LocalVmsParts = Omit<VmHostParts, "qemu"> & { readonly qemu: QemuSettings };

export class LocalVms implements AsyncDisposable {
  /** This host's QEMU: version, accelerator, user. */
  readonly qemu: QemuHost;
  /** This host's pools: where disks of VMs lie. */
  readonly pools: VmHostParts["pools"];
  readonly storageMoving: StorageMoving;
  readonly #table: VmTable;

  private constructor(table: VmTable, qemu: QemuHost) {
    this.#table = table;
    this.qemu = qemu;
    this.pools = table.parts.pools;
    this.storageMoving = new StorageMoving(table);
  }

  /** Adopts QEMUs that outlived the last agent. Never stops or starts a guest. */
  static async open(parts: LocalVmsParts): Promise<LocalVms> {
    const qemu = new QemuHost(parts.qemu);
    const table = new VmTable({ ...parts, qemu });
    await adoptAll(table);
    return new LocalVms(table, qemu);
  }

  onChange(listener: (change: VmChange) => void): () => void {
    return this.#table.onChange(listener);
  }

  list(): VmRecord[] {
    return this.#table.all().map(({ record }) => record);
  }

  /** By name or id. @throws FerryError `not-found`. */
  get(nameOrId: string): VmRecord {
    return this.#table.get(nameOrId).record;
  }

  find(nameOrId: string): VmRecord | undefined {
    return this.#table.find(nameOrId)?.record;
  }

  async create(draft: VmDraft): Promise<VmRecord> {
    return (await createVm(this.#table, draft)).record;
  }

  export(nameOrId: string): string {
    return formatDefinition(this.#table.get(nameOrId).row.definition);
  }

  /** A stopped VM gets another definition; its id stays. One that runs may get other media. */
  async replaceDefinition(nameOrId: string, document: unknown): Promise<VmRecord> {
    const { process, row } = this.#table.get(nameOrId);
    const definition = parseDefinition(document);
    if (process !== undefined && differOnlyInMedia(row.definition, definition)) {
      return this.#operate(nameOrId, "change-media", (vm) =>
        changeMedia(this.#table, vm, definition),
      );
    }
    return this.#operate(nameOrId, "configure", (vm) =>
      replaceDefinition(this.#table, vm, document),
    );
  }

  /** A newer machine type, at the next cold start; null takes that back. */
  async upgrade(nameOrId: string, machineType: string | null): Promise<VmRecord> {
    return this.#operate(nameOrId, "upgrade", (vm) => upgradeVm(this.#table, vm, machineType));
  }

  async delete(nameOrId: string, options: { disks: "delete" | "keep" }): Promise<void> {
    await this.#operate(nameOrId, "delete", (vm) => deleteVm(this.#table, vm, options.disks));
  }

  async start(nameOrId: string): Promise<VmRecord> {
    return this.#operate(nameOrId, "start", async (vm) => {
      await startProcess(this.#table, vm);
      await letRun(this.#table, vm);
    });
  }

  /** Asks the guest by ACPI; powers it off when it has not stopped in time. */
  async shutdown(nameOrId: string, options: ShutdownOptions = {}): Promise<VmRecord> {
    return this.#operate(nameOrId, "shutdown", (vm) => shutDown(this.#table, vm, options));
  }

  async powerOff(nameOrId: string): Promise<VmRecord> {
    return this.#operate(nameOrId, "power-off", (vm) => endProcess(this.#table, vm));
  }

  async pause(nameOrId: string): Promise<VmRecord> {
    return this.#operate(nameOrId, "pause", pauseGuest);
  }

  async resume(nameOrId: string): Promise<VmRecord> {
    return this.#operate(nameOrId, "resume", (vm) => letRun(this.#table, vm));
  }

  async restart(nameOrId: string): Promise<VmRecord> {
    return this.#operate(nameOrId, "restart", resetGuest);
  }

  /** The tap devices of a VM's adapters; empty for one that is not here. */
  taps(id: string): readonly string[] {
    return this.#table.taps(id);
  }

  /** Of whatever ownership; undefined when none runs. */
  process(id: string): VmProcess | undefined {
    return this.#table.find(id)?.process;
  }

  /** Obeyed by a QEMU that does not answer, perhaps not adopted yet; undefined where there is none. */
  urgentMonitor(id: string): UrgentMonitor | undefined {
    return this.#table.find(id)?.urgent;
  }

  /** What the QEMU of a VM does, of whatever ownership; the process itself is asked, not memory. */
  async qemuState(id: string): Promise<"none" | "incoming" | "paused" | "running"> {
    return qemuStateOf(this.#table.find(id));
  }

  /** Source, setup: from now on only the migration changes this VM. @throws FerryError `busy`, `conflict`. */
  claimForMigration(id: string, migrationId: string): void {
    const vm = this.#table.get(id);
    requireAllowed(vm.record, "move");
    if (vm.operation !== null) {
      throw new FerryError("busy", `Cannot move VM "${vm.name}": ${vm.operation} is under way`, {
        remedy: "Wait until it is done, then try again",
      });
    }
    this.#table.registry.setMigration(vm.id, migrationId);
    this.#table.refresh(vm);
  }

  /** Both sides, at the end of a migration. Does nothing to a VM that is gone. */
  releaseFromMigration(id: string): void {
    const vm = this.#table.find(id);
    if (vm === undefined) return;
    this.#table.registry.setMigration(vm.id, null);
    this.#table.refresh(vm);
  }

  /**
   * Target, setup: checks that this host can run the definition, reserves, and starts a skeleton QEMU
   * (`-S -incoming defer`), recorded as `incoming`. Whatever fails, nothing stays behind.
   * `generation` is the source's present one.
   */
  async prepareIncoming(
    definition: VmDefinition,
    generation: number,
    migrationId: string,
  ): Promise<VmProcess> {
    const incoming = { document: definition, generation, migration: migrationId };
    return prepareIncoming(this.#table, incoming);
  }

  async takeGiven(definition: VmDefinition, generation: number): Promise<void> {
    await takeGiven(this.#table, definition, generation);
  }

  /** Target, undo of `prepareIncoming`: may be repeated; does nothing to a VM that is not `incoming`. */
  async discardIncoming(id: string): Promise<void> {
    const vm = this.#table.find(id);
    if (vm !== undefined) await discardIncoming(this.#table, vm);
  }

  /** Source, setup and its undo: takes the media out of the drives, or puts back what the definition says. */
  async ejectMedia(id: string): Promise<void> {
    await ejectMedia(this.#table, this.#table.get(id));
  }

  async insertMedia(id: string): Promise<void> {
    const vm = this.#table.find(id);
    if (vm !== undefined) await insertMedia(this.#table, vm);
  }

  /** Target, setup: see `makeStorage` in moved-disks.ts. */
  async makeStorage(storage: IncomingStorage, making: () => Promise<void>): Promise<void> {
    await makeStorage(this.#table.parts, storage, making);
  }

  /** Where a file of a pool is. @throws FerryError `not-found`. */
  async pathOf(file: PoolFile): Promise<string> {
    return this.#table.parts.pools.pathOf(file);
  }

  /** Target, at the end: the disks are written; nothing is reserved for them any more. */
  async releaseRoom(files: readonly PoolFile[]): Promise<void> {
    await releaseRoom(this.#table.parts, files);
  }

  /** Deletes disks of a VM that is not here. May be repeated. */
  async removeDisks(files: readonly PoolFile[]): Promise<void> {
    await removeDisks(this.#table.parts, files);
  }

  /** Renames disks of a VM that is not here: `.SUFFIX` is appended. May be repeated. */
  async setDisksAside(files: readonly PoolFile[], suffix: string): Promise<void> {
    await setDisksAside(this.#table.parts, files, suffix);
  }

  /** After a handover, or a failed move. The locks follow: they would lengthen the blackout. @throws as `letRun`. */
  async resumeOwned(id: string): Promise<void> {
    await letRun(this.#table, this.#table.get(id));
    this.takeOverLocks(id);
  }

  /** The locks on an owned VM's disks become this host's, in the background. */
  takeOverLocks(id: string): void {
    takeOverLocks(this.#table, this.#table.get(id));
  }

  /** Source, cleanup: quits QEMU, removes taps, directory and record; disks stay. May be repeated. */
  async removeAfterHandover(id: string): Promise<void> {
    const vm = this.#table.find(id);
    if (vm !== undefined) await removeHandedOver(this.#table, vm);
  }

  /** Disowned: ends this host's copy, of whatever ownership, and forgets the VM; disks stay. May be repeated. */
  async destroyCopy(id: string): Promise<void> {
    const vm = this.#table.find(id);
    if (vm !== undefined) await destroyCopy(this.#table, vm);
  }

  /** Re-reads a VM from the database after `becomeOwner`/`markHandedOver` ran in the caller's transaction. */
  refresh(id: string): void {
    this.#table.refresh(this.#table.get(id));
  }

  /** Names of VMs whose definition uses the pool. */
  usingPool(pool: string): string[] {
    return this.#namesOf(usesPool(pool));
  }

  usingSwitch(name: string): string[] {
    return this.#namesOf(usesSwitch(name));
  }

  /** Closes the conversations; the QEMUs run on. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#table[Symbol.asyncDispose]();
  }

  async #operate(
    nameOrId: string,
    request: VmRequest,
    body: (vm: LocalVm) => Promise<void>,
  ): Promise<VmRecord> {
    const vm = this.#table.get(nameOrId);
    requireAllowed(vm.record, request);
    await this.#table.operate(vm, request, () => body(vm));
    return vm.record;
  }

  #namesOf(uses: (definition: VmDefinition) => boolean): string[] {
    return this.#table.all().flatMap(({ row, name }) => (uses(row.definition) ? [name] : []));
  }
}
