/** Starts a VM and lets its guest run. */
import { FerryError } from "../base/errors.ts";
import type { QemuProcess } from "../qemu/process.ts";
import { isAlive } from "../qemu/process-identity.ts";
import { giveOwnScope } from "../qemu/scope.ts";
import { launch } from "./launch.ts";
import { type LocalVm, requireProcess } from "./local-vm.ts";
import { settleStorageMoves } from "./move-storage.ts";
import { lockImagesAtStart } from "./image-locks.ts";
import { lockDisks, releaseDisks, removeTraces } from "./reserve.ts";
import { admitMemory, resolveFacts } from "./resolve.ts";
import { upgradeAtStart } from "./upgrade.ts";
import type { VmTable } from "./vm-table.ts";

/**
 * From stopped to a QEMU whose CPUs stand still.
 * @throws FerryError saying what is missing; the VM is as before then.
 */
export async function startProcess(table: VmTable, vm: LocalVm): Promise<void> {
  const { parts, registry } = table;
  refuseSecondProcess(vm);
  await parts.permission?.(vm.id);
  await settleStorageMoves(table, vm);
  await upgradeAtStart(table, vm);
  const { definition, generation } = vm.row;
  const facts = await resolveFacts(parts, definition);
  await admitMemory(parts.paths, definition, table.promisedMib() - definition.memory.mib);
  await lockDisks(parts, definition, facts, generation);
  try {
    const process = await launch(parts, definition, facts, "cold", (identity) =>
      registry.setProcess(vm.id, identity),
    );
    await lockOrEnd(parts, definition, process);
    table.attach(vm, process, "prelaunch");
    table.inBackground("give QEMU a scope of systemd's", vm, giveOwnScope(process.pid, definition));
  } catch (error) {
    registry.setProcess(vm.id, null);
    await releaseDisks(parts, definition);
    throw error;
  } finally {
    table.refresh(vm);
  }
}

async function lockOrEnd(
  parts: VmTable["parts"],
  definition: LocalVm["row"]["definition"],
  process: QemuProcess,
): Promise<void> {
  try {
    await lockImagesAtStart(parts, definition, process);
  } catch (error) {
    await process.kill();
    await removeTraces(parts.paths, definition);
    throw error;
  }
}

/**
 * THE place that lets a guest run: nothing else in Ferry says `cont`. The registry is asked, not memory: its word is
 * what survived.
 * @throws FerryError `conflict` when this host is not the VM's owner or it has no process.
 */
export async function letRun(table: VmTable, vm: LocalVm): Promise<void> {
  const ownership = table.registry.read(vm.id)?.ownership;
  if (ownership !== "owner") {
    throw new FerryError("conflict", `Cannot let VM "${vm.name}" run: this host is not its owner`, {
      remedy: "Ask the host that owns it; the migration's record says which",
    });
  }
  await table.parts.permission?.(vm.id);
  await requireProcess(vm).qmp.execute("cont");
  vm.runState = "running";
  table.refresh(vm);
}

export async function pauseGuest(vm: LocalVm): Promise<void> {
  await requireProcess(vm).qmp.execute("stop");
  vm.runState = "paused";
}

/** Presses the reset button. */
export async function resetGuest(vm: LocalVm): Promise<void> {
  await requireProcess(vm).qmp.execute("system_reset");
}

/**
 * What QEMU itself says; one that does not answer is asked again by whoever wanted to know.
 * @throws FerryError `timeout` when it lives and does not answer, `unreachable`.
 */
export async function qemuStateOf(
  vm: LocalVm | undefined,
): Promise<"none" | "incoming" | "paused" | "running"> {
  const process = vm?.process;
  if (vm?.isSilent === true) throw silent(vm);
  if (process === undefined) return "none";
  const ended = process.exited.then(() => undefined);
  const asked = process.qmp.execute<{ status: string }>("query-status");
  const answer = await Promise.race([asked, ended]);
  if (answer === undefined) return "none";
  if (answer.status === "inmigrate") return "incoming";
  return answer.status === "running" ? "running" : "paused";
}

function silent({ name }: LocalVm): FerryError {
  return new FerryError(
    "timeout",
    `Cannot ask QEMU of VM "${name}": it lives and does not answer`,
    {
      remedy: "Its guest waits for memory that the move's source has: see that both agents run",
    },
  );
}

/** A QEMU that the agent could not adopt may still hold the disks. */
function refuseSecondProcess(vm: LocalVm): void {
  if (vm.row.process === null || !isAlive(vm.row.process)) return;
  throw new FerryError(
    "conflict",
    `Cannot start VM "${vm.name}": its last QEMU, process ${vm.row.process.pid}, lives but does not answer`,
    { remedy: `End it first: ferry vm power-off ${vm.name}` },
  );
}
