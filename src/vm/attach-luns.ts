/** Makes a VM's LUNs reachable for its QEMU, just before it starts, and takes away what that needed. */
import { chmod, chown, realpath, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FerryError } from "../base/errors.ts";
import {
  createVirtualPort,
  deleteVirtualPort,
  type FibreChannelTree,
  fibreChannelDevice,
} from "../host/fibre-channel.ts";
import type { LunFacts } from "../qemu/lun-devices.ts";
import type { QemuUser } from "../qemu/user.ts";
import { Secrets } from "../storage/secrets.ts";
import type { FibreChannelDefinition, LunDefinition, VmDefinition } from "./definition.ts";
import { type HostPaths, vmPlaces } from "./places.ts";

/**
 * Logs the VM's Fibre Channel adapters in, gives block devices to QEMU's user and puts passwords where only QEMU reads them,
 * until it has (`forgetPasswords`). Whoever calls this calls `detachLuns` when it throws.
 * @throws FerryError naming the LUN that can't be had.
 */
export async function attachLuns(
  paths: HostPaths,
  definition: VmDefinition,
  user: QemuUser,
): Promise<LunFacts[]> {
  const { luns = [], fibreChannel = [] } = definition;
  for (const adapter of fibreChannel) {
    await createVirtualPort(treeOf(paths), adapter.fabric, activeNames(adapter));
  }
  const facts: LunFacts[] = [];
  for (const lun of luns) facts.push(await attach(paths, definition, lun, user));
  return facts;
}

/** Logs the VM's adapters out. May be repeated. */
export async function detachLuns(
  paths: HostPaths,
  { fibreChannel = [] }: VmDefinition,
): Promise<void> {
  for (const adapter of fibreChannel) {
    await deleteVirtualPort(treeOf(paths), activeNames(adapter));
  }
}

export function activeNames({ sets, active }: FibreChannelDefinition) {
  return sets[active];
}

export function treeOf({ sysfs = "/sys", devices = "/dev" }: HostPaths): FibreChannelTree {
  return { sysfs, devices };
}

/** A secret's name comes from the definition and is one path segment. */
export function passwordPath(directory: string, secret: string): string {
  return join(directory, `secret-${secret}`);
}

/** Puts the password into a file of QEMU's own, mode 0600. @throws FerryError `not-found`. */
export async function layOutPassword(
  state: string,
  directory: string,
  secret: string,
  user: QemuUser,
): Promise<LunFacts["chap"]> {
  const { user: name, password } = await new Secrets(state).get(secret);
  const path = passwordPath(directory, secret);
  await writeFile(path, password, { mode: 0o600 });
  if (user.uid !== process.getuid?.()) await chown(path, user.uid, user.gid);
  return { user: name, passwordPath: path };
}

async function attach(
  paths: HostPaths,
  definition: VmDefinition,
  lun: LunDefinition,
  user: QemuUser,
): Promise<LunFacts> {
  const { source } = lun;
  if (source.kind === "iscsi") {
    const { directory } = vmPlaces(paths, definition);
    const { secret } = source;
    const chap =
      secret === undefined ? null : await layOutPassword(paths.state, directory, secret, user);
    return { device: null, chap };
  }
  const device =
    source.kind === "physical"
      ? await physicalDevice(source.device)
      : await fibreChannelDevice(treeOf(paths), portOf(definition, source.adapter), source);
  if (user.uid !== process.getuid?.()) await chown(device, user.uid, user.gid);
  await chmod(device, 0o660);
  return { device, chap: null };
}

function portOf({ fibreChannel = [] }: VmDefinition, adapter: string): string {
  const found = fibreChannel.find(({ name }) => name === adapter);
  return found === undefined ? "" : activeNames(found).wwpn;
}

async function physicalDevice(path: string): Promise<string> {
  const device = await realpath(path).catch(() => undefined);
  if (device !== undefined) return device;
  throw new FerryError("not-found", `Cannot find physical disk "${path}" on this host`, {
    remedy: "See which there are: ls -l /dev/disk/by-id",
  });
}
