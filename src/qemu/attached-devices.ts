/** Devices of the host that a guest has for itself, and directories that it shares with its host. Pure. */
import type { VmDefinition } from "../vm/definition.ts";
import type { PciLayout } from "./pci-layout.ts";
import { rootPortArguments } from "./root-port.ts";

/** `folders`: absolute paths, parallel to the definition's. */
export function attachedArguments(
  { hostDevices = [], sharedFolders = [], display }: VmDefinition,
  folders: readonly string[],
  layout: PciLayout,
): string[] {
  const usb = hostDevices.filter(({ kind }) => kind === "usb");
  let place = 0;
  const seat = (): { ports: string[]; at: object } => {
    const ports = rootPortArguments(layout, "other", place);
    return { ports, at: layout.slotted("other", place++) };
  };
  const args: string[] = [];
  // A VM with a screen has the controller already, for its pointer.
  if (usb.length > 0 && !display.vnc) {
    args.push(...device({ driver: "qemu-xhci", id: "usb", ...layout.fixed("usb") }));
  }
  for (const given of hostDevices) {
    const id = `host-${given.name}`;
    if (given.kind === "usb") {
      const ids = {
        vendorid: Number(`0x${given.vendor}`),
        productid: Number(`0x${given.product}`),
      };
      args.push(...device({ driver: "usb-host", id, bus: "usb.0", ...ids }));
    } else {
      const { ports, at } = seat();
      args.push(...ports, ...device({ driver: "vfio-pci", id, host: given.address, ...at }));
    }
  }
  sharedFolders.forEach(({ name, readOnly }, index) => {
    const { ports, at } = seat();
    const fsdev = `folder${index}`;
    const path = (folders[index] ?? "").replaceAll(",", ",,");
    const model = `security_model=mapped-xattr,readonly=${readOnly ? "on" : "off"}`;
    args.push("-fsdev", `local,id=${fsdev},path=${path},${model}`, ...ports);
    const id = `folder-${name}`;
    args.push(...device({ driver: "virtio-9p-pci", id, fsdev, mount_tag: name, ...at }));
  });
  return args;
}

function device(properties: Record<string, unknown>): string[] {
  return ["-device", JSON.stringify(properties)];
}
