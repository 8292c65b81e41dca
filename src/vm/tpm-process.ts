/** The TPM of a VM that has one: its state directory, its process and the note of which process it is. */
import { writeFileSync } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import Value from "typebox/value";
import { ProcessIdentity } from "../qemu/process-identity.ts";
import { endTpm, startTpm } from "../qemu/tpm.ts";
import type { QemuUser } from "../qemu/user.ts";
import type { VmDefinition } from "./definition.ts";
import { giveAway, letPass } from "./own-files.ts";
import { type HostPaths, vmPlaces } from "./places.ts";
import type { VmHostParts } from "./resolve.ts";

/** Starts it where the definition wants one, with what it remembers. The VM's directory must be there. */
export async function startVmTpm(
  { paths, qemu }: VmHostParts,
  definition: VmDefinition,
  user: QemuUser,
): Promise<void> {
  if (definition.tpm === undefined) return;
  await endVmTpm(paths, definition); // one whose QEMU never came
  const { directory, stateDirectory, tpmState, tpmProcess } = vmPlaces(paths, definition);
  await mkdir(tpmState, { recursive: true, mode: 0o711 });
  for (const above of [paths.state, dirname(stateDirectory), stateDirectory]) await letPass(above);
  await giveAway(tpmState, user, 0o700);
  await startTpm({
    program: qemu.settings.tpmEmulator,
    ...{ directory, user, stateDirectory: tpmState },
    // Beside the state and not in it: only the agent may say which process will be signalled.
    onSpawned: (identity) => writeFileSync(tpmProcess, JSON.stringify(identity)),
  });
}

/** Ends the TPM of a VM whose QEMU is gone. May be repeated. */
export async function endVmTpm(paths: HostPaths, definition: VmDefinition): Promise<void> {
  const { tpmProcess } = vmPlaces(paths, definition);
  const text = await readFile(tpmProcess, "utf8").catch(() => undefined);
  if (text === undefined) return;
  await endTpm(Value.Parse(ProcessIdentity, JSON.parse(text)));
  await rm(tpmProcess, { force: true });
}
