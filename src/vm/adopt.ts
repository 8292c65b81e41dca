/**
 * After the agent came back: takes over the QEMUs that outlived it. Stops nothing, lets nothing run. One that lives and does not answer, for
 * whatever it waits, is not taken for one that is gone.
 */
import { setTimeout as delay } from "node:timers/promises";
import { errorChain } from "../base/errors.ts";
import { QemuProcess } from "../qemu/process.ts";
import { currentBootId, isAlive, type ProcessIdentity } from "../qemu/process-identity.ts";
import { UrgentMonitor } from "../qemu/urgent-monitor.ts";
import { lockImagesBehind } from "./image-locks.ts";
import type { LocalVm } from "./local-vm.ts";
import { settleStorageMoves } from "./move-storage.ts";
import { vmPlaces } from "./places.ts";
import { removeTaps } from "./reserve.ts";
import type { VmTable } from "./vm-table.ts";

/** A guest that came by a post-copy may keep its QEMU from answering; an idle one answers in 100 ms. */
const silenceMs = 5_000;
const retryMs = 500;

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
  vm.urgent = UrgentMonitor.open(directory);
  try {
    await takeOver(table, vm, identity, vm.urgent && silenceMs);
  } catch (error) {
    if (!isAlive(identity)) throw error;
    vm.isSilent = true;
    vm.runState = "paused";
    parts.log.warn({ vm: vm.name, reason: errorChain(error) }, "QEMU lives and does not answer");
    table.inBackground("adopt", vm, takeOverWhenItAnswers(table, vm, identity));
  }
}

/** The agent opens its doors meanwhile: what QEMU waits for may have to come through them (post-copy-target.ts). */
async function takeOverWhenItAnswers(
  table: VmTable,
  vm: LocalVm,
  identity: ProcessIdentity,
): Promise<void> {
  while (vm.isSilent && !table.isClosed) {
    try {
      await takeOver(table, vm, identity, silenceMs);
      vm.isSilent = false;
      table.refresh(vm);
    } catch {
      await delay(retryMs, undefined, { ref: false }); // until it answers or is gone
    }
  }
}

/** @throws FerryError `timeout`, `unreachable` when QEMU does not answer. */
async function takeOver(
  table: VmTable,
  vm: LocalVm,
  identity: ProcessIdentity,
  timeoutMs: number | undefined,
): Promise<void> {
  const { parts } = table;
  const { directory } = vmPlaces(parts.paths, vm.row.definition);
  const process = await QemuProcess.adopt(identity, directory, await parts.qemu.user(), timeoutMs);
  if (process === undefined) {
    vm.urgent?.[Symbol.dispose]();
    vm.urgent = undefined;
    vm.runState = null;
    parts.log.error({ vm: vm.name, pid: identity.pid }, "QEMU ended while no agent watched");
    await removeTaps(parts.paths, vm.row.definition);
    return;
  }
  const { status } = await process.qmp.execute<{ status: string }>(
    "query-status",
    {},
    timeoutMs === undefined ? {} : { timeoutMs },
  );
  table.attach(vm, process, status);
  parts.log.info({ vm: vm.name, pid: identity.pid, status }, "adopted a running VM");
  if (status === "shutdown") await table.operate(vm, "put away", async () => undefined);
  if (status === "running") lockImagesBehind(table, vm);
}
