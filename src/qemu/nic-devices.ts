/** NICs: a tap device of the host each, and what the guest sees of it. Pure. */
import type { NicDefinition } from "../vm/definition.ts";
import type { PciLayout } from "./pci-layout.ts";
import { rootPortArguments } from "./root-port.ts";

const drivers = { virtio: "virtio-net-pci", e1000e: "e1000e" } as const;

export function nicArguments(
  nics: readonly NicDefinition[],
  taps: readonly string[],
  layout: PciLayout,
  boot: ReadonlyMap<string, number>,
): string[] {
  return nics.flatMap((nic, index) => {
    const position = boot.get(nic.name);
    return [
      "-netdev",
      JSON.stringify({
        type: "tap",
        id: `nic${index}`,
        ifname: taps[index],
        script: "no",
        downscript: "no",
        vhost: false,
      }),
      ...rootPortArguments(layout, "nic", index),
      "-device",
      JSON.stringify({
        driver: drivers[nic.model],
        id: `nic-${nic.name}`,
        netdev: `nic${index}`,
        mac: nic.mac,
        ...layout.slotted("nic", index),
        // The boot ROM is guest memory that a move must carry and both hosts must have in the same size: only
        // machines that boot from the network get it.
        ...(position === undefined ? { romfile: "" } : { bootindex: position }),
      }),
    ];
  });
}
