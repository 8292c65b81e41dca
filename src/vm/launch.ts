/** Starts the QEMU of a VM, with everything around it; whatever fails, nothing stays behind. */
import { FerryError } from "../base/errors.ts";
import { commandLine, type MachineResources, type StartMode } from "../qemu/command-line.ts";
import { QemuProcess } from "../qemu/process.ts";
import type { ProcessIdentity } from "../qemu/process-identity.ts";
import { UrgentMonitor } from "../qemu/urgent-monitor.ts";
import { attachLuns } from "./attach-luns.ts";
import type { VmDefinition } from "./definition.ts";
import { openHostDevices } from "./host-devices.ts";
import { refusedFiles } from "./refused-files.ts";
import { forgetPasswords, makeTraces, removeTraces } from "./reserve.ts";
import type { VmHostParts } from "./resolve.ts";

export async function launch(
  parts: VmHostParts,
  definition: VmDefinition,
  facts: MachineResources,
  mode: StartMode,
  onSpawned: (identity: ProcessIdentity) => void,
): Promise<QemuProcess> {
  const user = await parts.qemu.user();
  const { path: binary } = await parts.qemu.features();
  try {
    await makeTraces(parts, definition, user);
    const luns = await attachLuns(parts.paths, definition, user);
    await openHostDevices(parts.paths, definition, user);
    if (mode === "incoming") await UrgentMonitor.make(facts.directory, user);
    const args = commandLine(definition, { ...facts, luns }, mode);
    const process = await QemuProcess.start({
      binary,
      args,
      user,
      onSpawned,
      directory: facts.directory,
    });
    if (mode === "incoming") await agreeOrEnd(process);
    await forgetPasswords(parts.paths, definition);
    return process;
  } catch (error) {
    await removeTraces(parts.paths, definition);
    throw (await refusedFiles(definition, facts, user, error)) ?? named(definition, error);
  }
}

/** Now that QEMU's main loop runs: a guest that misses pages may stop it. */
async function agreeOrEnd(process: QemuProcess): Promise<void> {
  try {
    using urgent = UrgentMonitor.open(process.directory);
    await urgent?.agree();
  } catch (error) {
    await process.kill();
    throw error;
  }
}

/** QEMU does not know what its VM is called; the reader does. */
function named(definition: VmDefinition, error: unknown): unknown {
  if (error instanceof FerryError && error.code !== "internal") return error;
  return new FerryError("system-refused", `Cannot start VM "${definition.name}"`, {
    remedy: "Check the agent's rights on its run and state directories",
    cause: error,
  });
}
