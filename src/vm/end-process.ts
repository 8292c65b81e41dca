/** Ends a VM's QEMU on purpose, and removes what it needed to run. */
import { setTimeout as delay } from "node:timers/promises";
import { FerryError } from "../base/errors.ts";
import { isAlive, signalProcess } from "../qemu/process-identity.ts";
import type { LocalVm } from "./local-vm.ts";
import type { Registry } from "./registry.ts";
import { releaseDisks, removeTraces } from "./reserve.ts";
import type { VmHostParts } from "./resolve.ts";

/** A killed process that writes out megabytes of core memory takes a while to be gone. */
const killTimeoutMs = 10_000;
/**
 * A skeleton has nothing to say goodbye to but copies of disks, which a kill leaves as a crash would. Its main thread may wait for good for one of
 * its channels, and the next move to this host waits for its end.
 */
const skeletonQuitMs = 500;

/** What the VM table knows and does of it (vm-table.ts). */
interface ProcessKeeper {
  readonly parts: VmHostParts;
  readonly registry: Registry;
  refresh(vm: LocalVm): void;
}

/** Whatever process the VM has, known or lost: afterwards none lives, and nothing of its running is left. */
export async function endProcess(table: ProcessKeeper, vm: LocalVm): Promise<void> {
  vm.isEnding = true;
  try {
    const isSkeleton = vm.row.ownership === "incoming";
    if (vm.process !== undefined) await vm.process.quit(isSkeleton ? skeletonQuitMs : undefined);
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
