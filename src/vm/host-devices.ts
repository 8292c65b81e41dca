/** Opens the host's own devices to QEMU's user, for a VM that has them for itself. */
import { chown, readdir, readFile, readlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { FerryError } from "../base/errors.ts";
import type { QemuUser } from "../qemu/user.ts";
import { treeOf } from "./attach-luns.ts";
import type { HostDeviceDefinition, VmDefinition } from "./definition.ts";
import type { HostPaths } from "./places.ts";

/** @throws FerryError `not-found` naming the device, `unsupported` for a PCI device that is not set apart. */
export async function openHostDevices(
  paths: HostPaths,
  { hostDevices = [] }: VmDefinition,
  user: QemuUser,
): Promise<void> {
  for (const device of hostDevices) {
    const path =
      device.kind === "usb" ? await usbNode(paths, device) : await vfioNode(paths, device);
    if (user.uid !== process.getuid?.()) await chown(path, user.uid, user.gid);
  }
}

type UsbDevice = Extract<HostDeviceDefinition, { kind: "usb" }>;
type PciDevice = Extract<HostDeviceDefinition, { kind: "pci" }>;

async function usbNode(paths: HostPaths, { vendor, product }: UsbDevice): Promise<string> {
  const { sysfs, devices } = treeOf(paths);
  const directory = join(sysfs, "bus/usb/devices");
  for (const name of await readdir(directory).catch(() => [])) {
    const read = async (attribute: string) =>
      (await readFile(join(directory, name, attribute), "utf8").catch(() => "")).trim();
    if ((await read("idVendor")) !== vendor || (await read("idProduct")) !== product) continue;
    const number = (text: string) => text.padStart(3, "0");
    return join(devices, "bus/usb", number(await read("busnum")), number(await read("devnum")));
  }
  throw new FerryError("not-found", `Cannot find USB device ${vendor}:${product} on this host`, {
    remedy: "Plug it in; lsusb lists those that are there",
  });
}

/** The device must have been given to vfio-pci, and all of its IOMMU group with it. */
async function vfioNode(paths: HostPaths, { address }: PciDevice): Promise<string> {
  const { sysfs, devices } = treeOf(paths);
  const directory = join(sysfs, "bus/pci/devices", address);
  const driver = await readlink(join(directory, "driver")).catch(() => "");
  const group = await readlink(join(directory, "iommu_group")).catch(() => "");
  if (basename(driver) === "vfio-pci" && group !== "")
    return join(devices, "vfio", basename(group));
  throw new FerryError(
    "unsupported",
    `Cannot give PCI device ${address} to a VM: its driver is "${basename(driver) || "none"}", vfio-pci and an IOMMU are wanted`,
    { remedy: `Switch the IOMMU on, then: driverctl set-override ${address} vfio-pci` },
  );
}
