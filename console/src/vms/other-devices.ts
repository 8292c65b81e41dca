/** What a VM has beside disks, drives and adapters, as names and words. Pure. */
import type { VmDefinition } from "../../../src/vm/definition.ts";

export type DeviceFact = readonly [name: string, words: string];

export function otherDevices(definition: VmDefinition): DeviceFact[] {
  const { luns, fibreChannel, hostDevices, sharedFolders, tpm } = definition;
  return [
    ...(luns ?? []).map(({ name, source }): DeviceFact => [name, lunWords(source)]),
    ...(fibreChannel ?? []).map(({ name, fabric, sets, active }): DeviceFact => {
      return [name, `Fibre Channel adapter in fabric ${fabric}, now ${sets[active].wwpn}`];
    }),
    ...(hostDevices ?? []).map((device): DeviceFact => {
      const which = device.kind === "pci" ? device.address : `${device.vendor}:${device.product}`;
      return [device.name, `Device of the host: ${device.kind} ${which}; with it the VM stays`];
    }),
    ...(sharedFolders ?? []).map(({ name, pool, directory, readOnly }): DeviceFact => {
      return [name, `Folder ${directory} of pool ${pool}${readOnly ? ", read only" : ""}`];
    }),
    ...(tpm === undefined ? [] : [["TPM", `2.0, ${tpm.model}`] as const]),
  ];
}

export function lunWords(source: NonNullable<VmDefinition["luns"]>[number]["source"]): string {
  switch (source.kind) {
    case "iscsi":
      return `iSCSI LUN ${source.lun} of ${source.target} at ${source.portal}`;
    case "fibre-channel":
      return `LUN ${source.lun} of ${source.target} by adapter ${source.adapter}`;
    case "physical":
      return `Physical disk ${source.device}`;
  }
}
