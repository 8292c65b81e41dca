/** Gathers what this host has for one more guest: room in the tmpfs of guests' memory, NUMA nodes, processors. */
import { statfs } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { mountOf } from "../host/mounts.ts";
import { readNumaNodes } from "../host/numa.ts";
import type { VmDefinition } from "../vm/definition.ts";
import type { LocalVms } from "../vm/local-vms.ts";
import type { CapacityFacts } from "./capacity-facts.ts";

interface CapacityParts {
  readonly vms: LocalVms;
  /** The directory of guests' memory. */
  readonly memoryPath: string;
  readonly sysfs: string;
}

export async function gatherCapacity(
  { vms, memoryPath: path, sysfs }: CapacityParts,
  { id }: VmDefinition,
): Promise<CapacityFacts> {
  const others = vms
    .list()
    .filter(({ definition }) => definition.id !== id && vms.process(definition.id) !== undefined)
    .map(({ definition }) => definition);
  const { bsize, blocks } = await statfs(path);
  const mount = await mountOf(path);
  const huge = mount?.options.find((option) => option.startsWith("huge="));
  return {
    memoryPlace: {
      path,
      totalBytes: bsize * blocks,
      promisedBytes: sum(others.map(({ memory }) => memory.mib)) * 1024 * 1024,
      hugePages: huge?.slice("huge=".length) ?? "never",
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
