/** What a definition refers to on its host. Pure. */
import type { VmDefinition } from "./definition.ts";

type Uses = (definition: VmDefinition) => boolean;

export function usesPool(pool: string): Uses {
  return ({ disks, cdroms, kernelBoot, sharedFolders = [] }) =>
    [
      ...disks,
      ...sharedFolders,
      ...disks.flatMap(({ backing = [] }) => backing),
      ...cdroms.map(({ medium }) => medium),
      kernelBoot?.kernel,
      kernelBoot?.initrd,
    ].some((file) => file?.pool === pool);
}

export function usesSwitch(name: string): Uses {
  return ({ nics }) => nics.some((nic) => nic.switch === name);
}
