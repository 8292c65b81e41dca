/** Which block node a disk's device reads and writes now: after a pivot it is another than the command line named. */
import { FerryError } from "../base/errors.ts";
import type { Qmp } from "./qmp.ts";

export interface DiskNode {
  readonly node: string;
  /** The size the guest sees, bytes. */
  readonly virtualBytes: number;
}

interface QueryBlock {
  qdev?: string;
  inserted?: { "node-name"?: string; image: { "virtual-size": number } };
}

/** `disk` is the disk's name in the definition. @throws FerryError `not-found`. */
export async function findDiskNode(qmp: Qmp, disk: string): Promise<DiskNode> {
  const devices = await qmp.execute<QueryBlock[]>("query-block");
  const id = diskDevice(disk);
  // virtio devices have their block backend one level down, in `…/virtio-backend`.
  const device = devices.find(({ qdev }) => qdev?.split("/").includes(id));
  const node = device?.inserted?.["node-name"];
  if (device?.inserted === undefined || node === undefined) {
    throw new FerryError("not-found", `Cannot find disk "${disk}" in its QEMU: no device ${id}`, {
      remedy: "Restart the VM: its QEMU was not started from its present definition",
    });
  }
  return { node, virtualBytes: device.inserted.image["virtual-size"] };
}

/** The id of a disk's device (src/qemu/storage-devices.ts). */
function diskDevice(disk: string): string {
  return `disk-${disk}`;
}
