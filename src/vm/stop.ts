/** Ends a VM's QEMU on purpose, and removes what it needed to run. */
import { setTimeout as delay } from "node:timers/promises";
import { FerryError } from "../base/errors.ts";
import { isAlive, signalProcess } from "../qemu/process-identity.ts";
import type { LocalVm } from "./local-vm.ts";
import { releaseDisks, removeTraces } from "./reserve.ts";
import { requireProcess } from "./run.ts";
import type { VmTable } from "./vm-table.ts";

/** A killed process that writes out megabytes of core memory takes a while to be gone. */
const killTimeoutMs = 10_000;
const shutdownTimeoutMs = 60_000;

/** Whatever process the VM has, known or lost: afterwards none lives, and nothing of its running is left. */
export async function endProcess(table: VmTable, vm: LocalVm): Promise<void> {
  vm.isEnding = true;
  try {
    if (vm.process !== undefined) await vm.process.quit();
    else await killLost(vm);
    vm.process = undefined;
    vm.isSilent = false;
    vm.runState = null;
  } finally {
    vm.isEnding = false;
  }
  await removeTraces(table.parts.paths, vm.row.definition);
  if (vm.row.ownership === "owner") await releaseDisks(table.parts, vm.row.definition);
  table.registry.setProcess(vm.id, null);
  table.refresh(vm);
}

export interface ShutdownOptions {
  /** A guest that does not listen loses its power then. Default 60 000: enough for a server that writes out its databases. */
  readonly timeoutMs?: number;
  /** Told whether the guest shut down by itself. */
  readonly told?: (listened: boolean) => void;
}

/** Asks the guest by ACPI and waits. */
export async function shutDown(
  table: VmTable,
  vm: LocalVm,
  { timeoutMs = shutdownTimeoutMs, told }: ShutdownOptions,
): Promise<void> {
  const { qmp, exited } = requireProcess(vm);
  const stopped = qmp
    .waitFor(({ event }) => event === "SHUTDOWN", { timeoutMs })
    .catch(async (error: unknown) => {
      if (FerryError.from(error).code === "timeout") throw error;
      // A monitor closes a moment before its QEMU is gone: that is no guest that did not listen.
      await exited;
    });
  const ended = Promise.race([stopped, exited]).then(
    () => true,
    () => false,
  );
  await qmp.execute("system_powerdown");
  const listened = await ended;
  // The agent stops: nothing is known of the guest any more, and the next agent finds it as it is then.
  if (table.isClosed) return;
  await endProcess(table, vm);
  told?.(listened);
}

/** A process that the record names but whose monitor did not answer when the agent came back. */
async function killLost(vm: LocalVm): Promise<void> {
  const identity = vm.row.process;
  if (identity === null || !signalProcess(identity, "SIGKILL")) return;
  const deadline = Date.now() + killTimeoutMs;
  while (isAlive(identity)) {
    if (Date.now() > deadline) {
      throw new FerryError(
        "system-refused",
        `Cannot end QEMU of VM "${vm.name}": process ${identity.pid} stays`,
        {
          remedy:
            "It hangs in the kernel, most often on storage that does not answer; see that it does",
        },
      );
    }
    await delay(10);
  }
}
