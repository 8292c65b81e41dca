/** Shuts a guest down as its own power button would. */
import { FerryError } from "../base/errors.ts";
import { endProcess } from "./end-process.ts";
import { type LocalVm, requireProcess } from "./local-vm.ts";
import type { VmTable } from "./vm-table.ts";

const shutdownTimeoutMs = 60_000;

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
