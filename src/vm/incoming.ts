/** The target's half of a VM that is moving here: a skeleton that is not this host's VM yet. */
import { wallClockMs } from "../base/clock.ts";
import { FerryError } from "../base/errors.ts";
import { checkDefinition } from "./create.ts";
import { giveOwnScope } from "../qemu/scope.ts";
import type { VmDefinition } from "./definition.ts";
import { launch } from "./launch.ts";
import type { LocalVm } from "./local-vm.ts";
import { parseDefinition } from "./parse-definition.ts";
import { removeState, requireDisksOf } from "./reserve.ts";
import { admitMemory, resolveFacts } from "./resolve.ts";
import { endProcess } from "./end-process.ts";
import type { VmProcess } from "./vm-host.ts";
import type { VmTable } from "./vm-table.ts";

export interface IncomingVm {
  /** The definition as the peer sent it. */
  readonly document: VmDefinition;
  /** The source's present generation. */
  readonly generation: number;
  readonly migration: string;
}

/** @throws FerryError naming what this host lacks; nothing is left behind then. */
export async function prepareIncoming(table: VmTable, incoming: IncomingVm): Promise<VmProcess> {
  const { parts, registry } = table;
  const definition = parseDefinition(incoming.document);
  refuseOwnDevices(definition, parts.sharedDisks?.() ?? []);
  const { generation, migration } = incoming;
  registry.requireFree(definition.id, definition.name);
  await checkDefinition(table, definition);
  const facts = await resolveFacts(parts, definition);
  await requireDisksOf(parts, definition, facts, generation);
  await admitMemory(parts.paths, definition, table.promisedMib());
  const vm = table.add({
    definition,
    ownership: "incoming",
    generation,
    migration,
    process: null,
    createdAt: Math.floor(wallClockMs()),
  });
  return vm.exclusively("receive", async () => {
    try {
      const process = await launch(parts, definition, facts, "incoming", (identity) =>
        registry.setProcess(vm.id, identity),
      );
      table.attach(vm, process, "inmigrate");
      table.inBackground(
        "give QEMU a scope of systemd's",
        vm,
        giveOwnScope(process.pid, definition),
      );
      table.refresh(vm);
      return process;
    } catch (error) {
      await removeState(parts.paths, definition);
      table.remove(vm);
      throw error;
    }
  });
}

/** A peer's word gives nobody a device of this host, whatever the checks there said; but for a disk that the cluster has, and this host knows of. */
export function refuseOwnDevices(
  { name, luns = [], hostDevices = [] }: VmDefinition,
  shared: readonly string[],
): void {
  const physical = luns.find(
    ({ source }) => source.kind === "physical" && !shared.includes(source.device),
  );
  const [device = physical] = hostDevices;
  if (device === undefined) return;
  throw new FerryError(
    "unsupported",
    `Cannot take VM "${name}": "${device.name}" is a device of its host, which does not come along`,
    { remedy: "Take the device from the VM first" },
  );
}

/** Ends the skeleton and forgets it; the disks belong to the source. */
export async function discardIncoming(table: VmTable, vm: LocalVm): Promise<void> {
  if (table.registry.read(vm.id)?.ownership !== "incoming") return;
  await vm.exclusively("discard", async () => forget(table, vm));
}

/** Ends the source's copy after a handover; the disks belong to the target. */
export async function removeHandedOver(table: VmTable, vm: LocalVm): Promise<void> {
  if (table.registry.read(vm.id)?.ownership !== "handed-over") {
    throw new FerryError("conflict", `Cannot remove VM "${vm.name}": it was not handed over`, {
      remedy: "Delete it instead, if it shall go",
    });
  }
  await vm.exclusively("remove", async () => forget(table, vm));
}

/** Ends a copy that belongs to another host by a newer word. */
export async function destroyCopy(table: VmTable, vm: LocalVm): Promise<void> {
  await vm.exclusively("destroy", async () => forget(table, vm));
}

async function forget(table: VmTable, vm: LocalVm): Promise<void> {
  await endProcess(table, vm);
  await removeState(table.parts.paths, vm.row.definition);
  table.remove(vm);
}
