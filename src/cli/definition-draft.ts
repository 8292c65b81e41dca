/**
 * A definition as a draft: what recreates a VM from its exported document where it does not exist. Its disks are taken
 * as they lie in their pools; identity and generation start anew. Pure.
 */
import type { Vm, VmCreate, VmDocument } from "../api/schema/vm.ts";
import { FerryError } from "../base/errors.ts";

/** @throws FerryError `unsupported` for what a draft cannot say, or a document that is no definition. */
export function draftFromDefinition(document: VmDocument): VmCreate {
  // The agent checks every value again; here only the shape is needed to take it apart.
  const definition = document as unknown as Vm["definition"];
  const { name, description, tags, machine, cpu, memory, disks, nics } = definition;
  if (definition.version !== 1 || !machine || !cpu || !memory) {
    throw new FerryError("unsupported", `Cannot create VM "${name}" from this document`, {
      remedy: "Use what `ferry vm export` of this version printed, or a draft without `version`",
    });
  }
  const [cdrom, ...others] = definition.cdroms ?? [];
  if (others.length > 0) {
    throw new FerryError("unsupported", `Cannot create VM "${name}" with more than one CD drive`, {
      remedy: "Keep one in the document, apply it, then apply the whole document",
    });
  }
  return {
    name,
    machineType: machine.type,
    firmware: machine.firmware,
    topology: { sockets: cpu.sockets, cores: cpu.cores, threads: cpu.threads },
    cpuModel: cpu.model,
    memoryMib: memory.mib,
    ...(description !== undefined && { description }),
    ...(tags !== undefined && { tags }),
    ...(disks !== undefined && { disks }),
    ...(nics !== undefined && { nics }),
    ...(cdrom !== undefined && { iso: cdrom.medium }),
    ...attachedOf(definition),
    ...(definition.kernelBoot && { kernelBoot: definition.kernelBoot }),
    ...(definition.bootOrder !== undefined && { bootOrder: definition.bootOrder }),
    ...(definition.display !== undefined && { vnc: definition.display.vnc }),
    ...(definition.serial !== undefined && { serial: definition.serial }),
    ...(definition.tpm && { tpm: definition.tpm }),
    ...(definition.atHostShutdown && { atHostShutdown: definition.atHostShutdown }),
  };
}

function attachedOf(definition: Vm["definition"]): Partial<VmCreate> {
  const { luns, fibreChannel, hostDevices, sharedFolders } = definition;
  return {
    ...(luns !== undefined && { luns }),
    ...(fibreChannel !== undefined && { fibreChannel }),
    ...(hostDevices !== undefined && { hostDevices }),
    ...(sharedFolders !== undefined && { sharedFolders }),
  };
}
