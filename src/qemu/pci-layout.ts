/**
 * Where every device sits. Each kind has slots of its own, so that adding a disk moves no NIC, and the same definition
 * gives the same machine on every host: QEMU finds a device's state in the migration stream by this place. Pure.
 *
 * | q35                | device                                       | i440fx    |
 * |--------------------|----------------------------------------------|-----------|
 * | pcie.0 01          | VGA                                          | pci.0 02  |
 * | pcie.0 02          | USB controller                               | pci.0 03  |
 * | pcie.0 03          | SCSI controller                              | pci.0 04  |
 * | pcie.0 04          | random numbers                               | pci.0 05  |
 * | root ports 10, 11  | NICs, 16, each behind its own port           | from 06   |
 * | root ports 12 – 14 | virtio disks, then LUNs, 24 in all, likewise | from 16   |
 * | root ports 15, 16  | the host's PCI devices, then shared folders  | –         |
 */
import { FerryError } from "../base/errors.ts";

export type FixedDevice = "vga" | "usb" | "scsi" | "rng";
export type SlottedDevice = "nic" | "disk" | "other";

export interface PciPlace {
  readonly bus: string;
  readonly addr: string;
}

export interface RootPort extends PciPlace {
  readonly id: string;
  readonly chassis: number;
}

export interface PciLayout {
  fixed(device: FixedDevice): PciPlace;
  /** @throws FerryError `unsupported` when the machine has no place left. */
  slotted(device: SlottedDevice, index: number): PciPlace;
  /** The port that `slotted` places the device behind; undefined where the machine has none. */
  rootPort(device: SlottedDevice, index: number): RootPort | undefined;
}

export function pciLayout(machineType: string): PciLayout {
  return machineType.startsWith("pc-q35-") ? q35 : i440fx;
}

const portsPerSlot = 8;
const firstPortSlot: Readonly<Record<SlottedDevice, number>> = {
  nic: 0x10,
  disk: 0x12,
  other: 0x15,
};

const q35: PciLayout = {
  fixed: (device) => ({
    bus: "pcie.0",
    addr: { vga: "1", usb: "2", scsi: "3", rng: "4" }[device],
  }),
  slotted: (device, index) => ({ bus: portId(device, index), addr: "0" }),
  rootPort(device, index) {
    const slot = firstPortSlot[device] + Math.floor(index / portsPerSlot);
    const place = index % portsPerSlot;
    return {
      id: portId(device, index),
      bus: "pcie.0",
      addr: `${slot.toString(16)}.${place}`,
      chassis: slot * portsPerSlot + place,
    };
  },
};

const i440fxFirstSlot = { nic: 0x06, disk: 0x16, other: 0x20 } as const;
const i440fxSlots: Readonly<Record<SlottedDevice, number>> = { nic: 16, disk: 10, other: 0 };

const i440fx: PciLayout = {
  fixed: (device) => ({
    bus: "pci.0",
    addr: { vga: "2", usb: "3", scsi: "4", rng: "5" }[device],
  }),
  slotted(device, index) {
    if (index >= i440fxSlots[device]) {
      throw new FerryError(
        "unsupported",
        `Cannot place ${device === "other" ? "host device or shared folder" : device} ${index + 1}: an i440fx machine has room for ${i440fxSlots[device]}`,
        { remedy: "Use a q35 machine, or bus scsi for the disks" },
      );
    }
    return { bus: "pci.0", addr: (i440fxFirstSlot[device] + index).toString(16) };
  },
  rootPort: () => undefined,
};

function portId(device: SlottedDevice, index: number): string {
  return `port-${device}-${index}`;
}
