/** The PCI Express port that a device sits behind, where the machine has such. Pure. */
import type { PciLayout, SlottedDevice } from "./pci-layout.ts";

export function rootPortArguments(layout: PciLayout, kind: SlottedDevice, index: number): string[] {
  const port = layout.rootPort(kind, index);
  if (port === undefined) return [];
  const { id, bus, addr, chassis } = port;
  return [
    "-device",
    JSON.stringify({
      driver: "pcie-root-port",
      id,
      bus,
      addr,
      chassis,
      port: chassis,
      multifunction: true,
    }),
  ];
}
