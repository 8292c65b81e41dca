/** The block nodes of a running VM's disks: which one a device uses now, new ones beside it, and their end. */
import { FerryError } from "../base/errors.ts";
import { backingImagesMax, type DiskDefinition } from "../vm/definition.ts";
import type { Qmp } from "./qmp.ts";
import { backingNode, diskNodeOptions, fileNode } from "./storage-devices.ts";

export interface DiskNode {
  readonly node: string;
  /** The size the guest sees, bytes. */
  readonly virtualBytes: number;
}

interface QueryBlock {
  qdev?: string;
  inserted?: { "node-name"?: string; image: { "virtual-size": number } };
}

/**
 * After a disk moved to another pool its device uses another node than the command line named. `disk` is the disk's name in the
 * definition. @throws FerryError `not-found`.
 */
export async function findDiskNode(qmp: Qmp, disk: string): Promise<DiskNode> {
  const devices = await qmp.execute<QueryBlock[]>("query-block");
  const device = devices.find(({ qdev }) => isDeviceOfDisk(qdev, disk));
  const node = device?.inserted?.["node-name"];
  if (device?.inserted === undefined || node === undefined) {
    throw new FerryError(
      "not-found",
      `Cannot find disk "${disk}" in its QEMU: no device ${diskDevice(disk)}`,
      {
        remedy: "Restart the VM: its QEMU was not started from its present definition",
      },
    );
  }
  return { node, virtualBytes: device.inserted.image["virtual-size"] };
}

/** Whether QEMU's name or path of a device is the disk's; virtio's block backend is one level down, `…/virtio-backend`. */
export function isDeviceOfDisk(qdev: string | undefined, disk: string): boolean {
  return qdev?.split("/").includes(diskDevice(disk)) ?? false;
}

/** The id of a disk's device (src/qemu/storage-devices.ts). */
function diskDevice(disk: string): string {
  return `disk-${disk}`;
}

/** The name of the node that takes over from this one; of the two a disk goes back and forth between. */
export function successorNode(node: string): string {
  return node.endsWith("-moved") ? node.slice(0, -"-moved".length) : `${node}-moved`;
}

/** Opens an image that is whole as the node `name`, as the command line would. */
export async function addDiskNode(
  qmp: Qmp,
  disk: DiskDefinition,
  name: string,
  path: string,
): Promise<void> {
  const { backing: _, ...whole } = disk;
  for (const options of diskNodeOptions(whole, name, { path, backing: [] })) {
    await qmp.execute("blockdev-add", options);
  }
}

/** Closes an image that no device uses, and what it stands on; what is not open is as good. */
export async function removeDiskNode(qmp: Qmp, name: string): Promise<void> {
  const nodes = await qmp.execute<{ "node-name": string }[]>("query-named-block-nodes", {
    flat: true,
  });
  const beneath = Array.from({ length: backingImagesMax }, (_, index) => backingNode(name, index));
  for (const node of [name, ...beneath].flatMap((image) => [image, fileNode(image)])) {
    if (!nodes.some((present) => present["node-name"] === node)) continue;
    await qmp.execute("blockdev-del", { "node-name": node });
  }
}
