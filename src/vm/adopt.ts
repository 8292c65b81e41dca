/** After the agent came back: takes over the QEMUs that outlived it. Stops nothing, lets nothing run. */
import { errorChain } from "../base/errors.ts";
import { QemuProcess } from "../qemu/process.ts";
import { currentBootId, type ProcessIdentity } from "../qemu/process-identity.ts";
import type { LocalVm } from "./local-vm.ts";
import { settleStorageMoves } from "./move-storage.ts";
import { vmPlaces } from "./places.ts";
import { removeTaps } from "./reserve.ts";
import type { VmTable } from "./vm-table.ts";

/** One VM that cannot be adopted does not keep the agent from the others. */
export async function adoptAll(table: VmTable): Promise<void> {
  await Promise.all(
    table.all().map(async (vm) => {
      try {
        if (vm.row.process !== null) await adopt(table, vm, vm.row.process);
        await settleStorageMoves(table, vm);
      } catch (error) {
        table.parts.log.error({ vm: vm.name, reason: errorChain(error) }, "cannot adopt a VM");
      }
    }),
  );
}

async function adopt(table: VmTable, vm: LocalVm, identity: ProcessIdentity): Promise<void> {
  const { parts, registry } = table;
  if (identity.bootId !== currentBootId()) {
    // The host was restarted: the guest ended with it, which is no crash of QEMU.
    registry.setProcess(vm.id, null);
    table.refresh(vm);
    return;
  }
  const { directory } = vmPlaces(parts.paths, vm.row.definition);
  const process = await QemuProcess.adopt(identity, directory, await parts.qemu.user());
  if (process === undefined) {
    parts.log.error({ vm: vm.name, pid: identity.pid }, "QEMU ended while no agent watched");
    await removeTaps(parts.paths, vm.row.definition);
    return;
  }
  const { status } = await process.qmp.execute<{ status: string }>("query-status");
  table.attach(vm, process, status);
  parts.log.info({ vm: vm.name, pid: identity.pid, status }, "adopted a running VM");
  if (status === "shutdown") await table.operate(vm, "put away", async () => undefined);
}
