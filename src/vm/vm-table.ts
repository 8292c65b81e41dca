/** The VMs of this host in memory, kept equal to the registry and to what their QEMUs report. */
import { errorChain, FerryError } from "../base/errors.ts";
import type { QemuProcess } from "../qemu/process.ts";
import type { QmpEvent } from "../qemu/qmp.ts";
import { UrgentMonitor } from "../qemu/urgent-monitor.ts";
import { LocalVm } from "./local-vm.ts";
import { vmPlaces } from "./places.ts";
import { Registry, type VmRow } from "./registry.ts";
import { releaseDisks, removeTaps } from "./reserve.ts";
import type { VmHostParts } from "./resolve.ts";
import { endProcess } from "./end-process.ts";
import type { VmRecord } from "./vm-host.ts";
import { runStateAfter } from "./vm-state.ts";

export interface VmChange {
  readonly kind: "created" | "changed" | "deleted";
  readonly id: string;
  readonly name: string;
  /** Null when deleted. */
  readonly record: VmRecord | null;
}

export class VmTable implements AsyncDisposable {
  readonly parts: VmHostParts;
  readonly registry: Registry;
  readonly #vms = new Map<string, LocalVm>();
  readonly #listeners = new Set<(change: VmChange) => void>();
  readonly #background = new Set<Promise<void>>();
  #closed = false;

  constructor(parts: VmHostParts) {
    this.parts = parts;
    this.registry = new Registry(parts.database);
    for (const row of this.registry.all()) this.#vms.set(row.definition.id, new LocalVm(row));
  }

  /** True once the agent stops. */
  get isClosed(): boolean {
    return this.#closed;
  }

  all(): LocalVm[] {
    return [...this.#vms.values()].sort((left, right) => left.name.localeCompare(right.name));
  }

  find(nameOrId: string): LocalVm | undefined {
    return this.#vms.get(nameOrId) ?? this.all().find(({ name }) => name === nameOrId);
  }

  /** @throws FerryError `not-found`. */
  get(nameOrId: string): LocalVm {
    const vm = this.find(nameOrId);
    if (vm !== undefined) return vm;
    throw new FerryError("not-found", `Cannot find VM "${nameOrId}" on this host`, {
      remedy: "List the VMs with: ferry vm list",
    });
  }

  onChange(listener: (change: VmChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @throws FerryError `already-exists`. */
  add(row: VmRow): LocalVm {
    this.registry.insert(row);
    const vm = new LocalVm(row);
    this.#vms.set(vm.id, vm);
    this.#notify("created", vm);
    return vm;
  }

  remove(vm: LocalVm): void {
    this.registry.delete(vm.id);
    this.#vms.delete(vm.id);
    this.#notify("deleted", vm);
  }

  /** Reads the VM's row again and tells everybody. */
  refresh(vm: LocalVm): void {
    const row = this.registry.read(vm.id);
    if (row !== undefined) vm.row = row;
    this.#notify("changed", vm);
  }

  /** One operation on a VM at a time; a guest that shut down meanwhile is put away at its end. */
  async operate<Result>(
    vm: LocalVm,
    operation: string,
    body: () => Promise<Result>,
  ): Promise<Result> {
    try {
      return await vm.exclusively(operation, async () => {
        const result = await body();
        if (vm.runState === "shutdown" && vm.process !== undefined) await endProcess(this, vm);
        return result;
      });
    } finally {
      if (this.#vms.has(vm.id)) this.#notify("changed", vm);
    }
  }

  /** From now on the VM's state follows this process. */
  attach(vm: LocalVm, process: QemuProcess, runState: string): void {
    vm.process = process;
    vm.isSilent = false;
    const urgent = (vm.urgent ??= UrgentMonitor.open(process.directory));
    vm.runState = runState;
    this.parts.onProcess?.(vm.row.definition, process.directory, runState);
    process.qmp.onEvent((event) => this.#follow(vm, event));
    void process.exited.then(({ log }) => {
      urgent?.[Symbol.dispose]();
      if (vm.urgent === urgent) vm.urgent = undefined;
      if (vm.process === process && !vm.isEnding && !this.#closed) this.#lost(vm, log);
    });
  }

  /** Work that nobody waits for; a failure is logged. */
  inBackground(what: string, vm: LocalVm, work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => {
        this.parts.log.warn({ vm: vm.name, reason: errorChain(error) }, `cannot ${what}`);
      })
      .finally(() => this.#background.delete(tracked));
    this.#background.add(tracked);
  }

  /** The tap devices of a VM's adapters; empty for one that is not here. */
  taps(id: string): readonly string[] {
    const vm = this.find(id);
    return vm === undefined ? [] : vmPlaces(this.parts.paths, vm.row.definition).taps;
  }

  /** Memory promised to guests that have a process, in MiB. */
  promisedMib(): number {
    return this.all()
      .filter(({ process, isSilent, operation }) => {
        return process !== undefined || isSilent || operation === "start";
      })
      .reduce((sum, { row }) => sum + row.definition.memory.mib, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#background);
    for (const { urgent } of this.all()) urgent?.[Symbol.dispose]();
    await Promise.all(this.all().map(async ({ process }) => process?.qmp[Symbol.asyncDispose]()));
  }

  #follow(vm: LocalVm, { event, data }: QmpEvent): void {
    const next = runStateAfter(vm.runState, event, data["reason"]);
    if (next === vm.runState) return;
    vm.runState = next;
    this.#notify("changed", vm);
    if (next === "shutdown") this.#putAway(vm);
  }

  #putAway(vm: LocalVm): void {
    if (vm.row.ownership !== "owner" || vm.operation !== null) return;
    const ended = this.operate(vm, "put away", async () => endProcess(this, vm));
    this.inBackground("put away a guest that shut down", vm, ended);
  }

  /** The process ended and nobody asked it to. The record keeps naming it: that is what `crashed` means. */
  #lost(vm: LocalVm, log: string): void {
    vm.process = undefined;
    vm.runState = null;
    this.parts.log.error({ vm: vm.name, qemu: log.split("\n").at(-1) }, "QEMU ended unexpectedly");
    this.#notify("changed", vm);
    const { definition } = vm.row;
    const tidy = removeTaps(this.parts.paths, definition).then(async () => {
      if (vm.row.ownership === "owner") await releaseDisks(this.parts, definition);
    });
    this.inBackground("tidy up after a crash", vm, tidy);
  }

  #notify(kind: VmChange["kind"], vm: LocalVm): void {
    const record = kind === "deleted" ? null : vm.record;
    for (const listener of this.#listeners) listener({ kind, id: vm.id, name: vm.name, record });
  }
}
