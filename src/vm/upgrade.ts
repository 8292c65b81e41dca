/**
 * A newer machine type for a VM. A guest that runs keeps the machine it was started with, wherever it moves: the upgrade is
 * noted in its definition and carried out when it is next started from nothing, on whichever host that is.
 */
import { FerryError } from "../base/errors.ts";
import type { VmDefinition } from "./definition.ts";
import type { LocalVm } from "./local-vm.ts";
import { requireMachine } from "./resolve.ts";
import type { VmTable } from "./vm-table.ts";

/**
 * @param wanted Null takes back what was noted.
 * @throws FerryError `bad-input` for an older or another kind of machine, `unsupported` for one that QEMU here lacks.
 */
export async function upgradeVm(table: VmTable, vm: LocalVm, wanted: string | null): Promise<void> {
  const { definition } = vm.row;
  const { upgradeTo: _, ...machine } = definition.machine;
  if (wanted === null || wanted === machine.type) {
    store(table, vm, { ...definition, machine });
    return;
  }
  requireNewer(definition, wanted);
  const upgraded = { ...definition, machine: { ...machine, type: wanted } };
  await requireMachine(table.parts.qemu, upgraded);
  const isStopped = vm.record.state === "stopped" || vm.record.state === "crashed";
  store(
    table,
    vm,
    isStopped ? upgraded : { ...definition, machine: { ...machine, upgradeTo: wanted } },
  );
}

/** At a cold start: what was noted is done where QEMU can; elsewhere the VM starts as it is, and the note stays. */
export async function upgradeAtStart(table: VmTable, vm: LocalVm): Promise<void> {
  const { definition } = vm.row;
  const { upgradeTo, ...machine } = definition.machine;
  if (upgradeTo === undefined) return;
  const { machines } = await table.parts.qemu.features();
  if (!machines.includes(upgradeTo)) return;
  store(table, vm, { ...definition, machine: { ...machine, type: upgradeTo } });
}

function store(table: VmTable, vm: LocalVm, definition: VmDefinition): void {
  table.registry.replaceDefinition(definition);
  table.refresh(vm);
}

function requireNewer({ name, machine: { type } }: VmDefinition, wanted: string): void {
  const [kind, version] = split(type);
  const [wantedKind, wantedVersion] = split(wanted);
  if (kind === wantedKind && wantedVersion > version) return;
  const reason =
    kind === wantedKind
      ? "that is older, and what the guest has saved may not fit it"
      : "that is another kind of machine, on which the guest may not find its devices";
  throw new FerryError(
    "bad-input",
    `Cannot upgrade VM "${name}" from ${type} to ${wanted}: ${reason}`,
    { remedy: "Name a newer machine type of the same kind; ferry host versions shows the newest" },
  );
}

function split(type: string): [kind: string, version: number] {
  const [, kind = "", major = "0", minor = "0"] = /^pc-(\w+)-(\d+)\.(\d+)$/.exec(type) ?? [];
  return [kind, Number(major) * 1000 + Number(minor)];
}
