/** Gathers what this host has for one more guest: memory for guests, NUMA nodes, processors. */
import { availableParallelism } from "node:os";
import { memoryForGuests, transparentHugePages } from "../host/guests-share.ts";
import { readNumaNodes } from "../host/numa.ts";
import type { VmDefinition } from "../vm/definition.ts";
import type { LocalVms } from "../vm/local-vms.ts";
import type { CapacityFacts } from "./capacity-facts.ts";

interface CapacityParts {
  readonly vms: LocalVms;
  readonly sysfs: string;
}

export async function gatherCapacity(
  { vms, sysfs }: CapacityParts,
  { id }: VmDefinition,
): Promise<CapacityFacts> {
  const others = vms
    .list()
    .filter(({ definition }) => definition.id !== id && vms.process(definition.id) !== undefined)
    .map(({ definition }) => definition);
  return {
    memoryPlace: {
      path: "The memory",
      totalBytes: await memoryForGuests(sysfs),
      promisedBytes: sum(others.map(({ memory }) => memory.mib)) * 1024 * 1024,
      hugePages: await transparentHugePages(sysfs),
    },
    nodes: await readNumaNodes(sysfs),
    threads: availableParallelism(),
    busyVcpus: sum(others.map(vcpus)),
  };
}

function vcpus({ cpu: { sockets, cores, threads } }: VmDefinition): number {
  return sockets * cores * threads;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
