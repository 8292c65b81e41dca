/**
 * Makes what a running VM needs beside its files: directory, TPM, taps, firmware variables, locks
 * on its disks.
 * Each has its removal; all names derive from the VM's id, so that a later agent can remove what it did not make.
 */
import { chmod, copyFile, mkdir, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { createTap, removeTap } from "../network/tap.ts";
import type { MachineResources } from "../qemu/command-line.ts";
import { findUefiFirmware } from "../qemu/firmware.ts";
import type { QemuUser } from "../qemu/user.ts";
import {
  acquireDiskLock,
  type DiskLock,
  readDiskLock,
  refuseHeld,
  releaseDiskLock,
  takeOverDiskLock,
} from "../storage/disk-lock.ts";
import { detachLuns, passwordPath } from "./attach-luns.ts";
import type { VmDefinition } from "./definition.ts";
import { giveAway, letPass } from "./own-files.ts";
import { type HostPaths, vmPlaces } from "./places.ts";
import type { VmHostParts } from "./resolve.ts";
import { endVmTpm, startVmTpm } from "./tpm-process.ts";

/** The VM's directories, its TPM, its taps. Whoever calls this calls `removeTraces` when it throws. */
export async function makeTraces(
  parts: VmHostParts,
  definition: VmDefinition,
  user: QemuUser,
): Promise<void> {
  const places = vmPlaces(parts.paths, definition);
  await makeDirectory(parts.paths.run, places.directory, user);
  if (definition.machine.firmware === "uefi") {
    await makeFirmwareVariables(parts.paths, definition, user);
  }
  await startVmTpm(parts, definition, user);
  for (const [index, nic] of definition.nics.entries()) {
    const { bridge } = parts.switches.get(nic.switch);
    await createTap({ name: places.taps[index] ?? "", bridge, vlan: nic.vlan, uid: user.uid });
  }
}

/** Ends the TPM and removes the directory and the taps, whichever are there. */
export async function removeTraces(paths: HostPaths, definition: VmDefinition): Promise<void> {
  const places = vmPlaces(paths, definition);
  await endVmTpm(paths, definition);
  await removeTaps(paths, definition);
  await detachLuns(paths, definition);
  await rm(places.directory, { recursive: true, force: true });
}

export async function removeTaps(paths: HostPaths, definition: VmDefinition): Promise<void> {
  for (const tap of vmPlaces(paths, definition).taps) await removeTap(tap);
}

/** QEMU has no use for the passwords it has read. */
export async function forgetPasswords(paths: HostPaths, definition: VmDefinition): Promise<void> {
  const { directory } = vmPlaces(paths, definition);
  for (const { source } of definition.luns ?? []) {
    if (source.kind !== "iscsi" || source.secret === undefined) continue;
    await rm(passwordPath(directory, source.secret), { force: true });
  }
}

/** Removes what survives a stop: the firmware's variables, and what the TPM remembers. */
export async function removeState(paths: HostPaths, definition: VmDefinition): Promise<void> {
  await rm(vmPlaces(paths, definition).stateDirectory, { recursive: true, force: true });
}

/** @throws FerryError `in-use`; locks taken before it are released. */
export async function lockDisks(
  parts: VmHostParts,
  definition: VmDefinition,
  facts: MachineResources,
  generation: number,
): Promise<void> {
  const lock = lockOf(parts, definition, generation);
  const taken: string[] = [];
  try {
    for (const path of writablePaths(definition, facts)) {
      await acquireDiskLock(path, lock);
      taken.push(path);
    }
  } catch (error) {
    for (const path of taken) await releaseDiskLock(path, definition.id, parts.identity());
    throw error;
  }
}

/** A move towards this host: the VM itself may hold its disks on the source, nobody else. */
export async function requireDisksOf(
  parts: VmHostParts,
  definition: VmDefinition,
  facts: MachineResources,
  generation: number,
): Promise<void> {
  const nextOwner = lockOf(parts, definition, generation + 1);
  for (const path of writablePaths(definition, facts)) {
    refuseHeld(path, await readDiskLock(path), nextOwner);
  }
}

/** After a handover towards this host. */
export async function takeOverDisks(
  parts: VmHostParts,
  definition: VmDefinition,
  generation: number,
): Promise<void> {
  const lock = lockOf(parts, definition, generation);
  for (const disk of definition.disks.filter(({ readOnly }) => !readOnly)) {
    await takeOverDiskLock(await parts.pools.pathOf({ pool: disk.pool, file: disk.file }), lock);
  }
}

/** A lock in a pool that is away stays: nobody waits for that, and whoever has the VM next takes it over by its newer generation. */
export async function releaseDisks(parts: VmHostParts, definition: VmDefinition): Promise<void> {
  const away = parts.poolsAway?.() ?? new Set();
  const held = definition.disks.filter(({ readOnly, pool }) => !readOnly && !away.has(pool));
  for (const disk of held) {
    const path = await parts.pools.pathOf({ pool: disk.pool, file: disk.file });
    await releaseDiskLock(path, definition.id, parts.identity());
  }
}

function writablePaths({ disks }: VmDefinition, facts: MachineResources): string[] {
  return facts.disks.filter((_, index) => disks[index]?.readOnly !== true).map(({ path }) => path);
}

function lockOf(parts: VmHostParts, { id, name }: VmDefinition, generation: number): DiskLock {
  return { vm: id, vmName: name, generation, ...parts.identity() };
}

/** QEMU makes its sockets there, so the directory is its own; those above it can be passed through, not listed. */
async function makeDirectory(above: string, directory: string, user: QemuUser): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true, mode: 0o711 });
  await letPass(above);
  await letPass(dirname(directory));
  await chmod(directory, 0o700);
  await giveAway(directory, user);
}

async function makeFirmwareVariables(
  paths: HostPaths,
  definition: VmDefinition,
  user: QemuUser,
): Promise<void> {
  const { stateDirectory, firmwareVariables } = vmPlaces(paths, definition);
  await mkdir(stateDirectory, { recursive: true, mode: 0o711 });
  await letPass(paths.state);
  await letPass(dirname(stateDirectory));
  const present = await stat(firmwareVariables).catch(() => undefined);
  if (present === undefined) {
    await copyFile((await findUefiFirmware()).variablesTemplate, firmwareVariables);
  }
  await chmod(firmwareVariables, 0o600);
  await giveAway(firmwareVariables, user);
}
