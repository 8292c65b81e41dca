/** Checks about memory and processors on the target, beyond what is merely available: promises, NUMA, huge pages. */
import { formatBytes } from "../base/format.ts";
import type { Check, CheckInput } from "./check.ts";

/** Hyper-V's old limit, beyond which guests wait for each other in earnest. */
const vcpusPerThreadMax = 8;

export const capacityChecks: readonly Check[] = [
  {
    id: "memory-promised",
    title: "The target has not promised the guest's memory to others",
    compares:
      "The guest's memory against what the target has for guests, less what those there and those coming were promised",
    severity: "blocking",
    remedy: "Stop or move a VM of the target",
    look({ definition, target }) {
      const place = target.capacity?.memoryPlace;
      if (place === undefined) return [];
      const wanted = memoryBytes(definition);
      const left = Math.max(0, place.totalBytes - place.promisedBytes);
      if (wanted <= left) return [];
      const message =
        `${place.path} of "${target.host}" holds ${formatBytes(place.totalBytes)} for guests, of which ` +
        `${formatBytes(place.promisedBytes)} are promised; the VM needs ${formatBytes(wanted)}`;
      const remedy = `Stop or move a VM of "${target.host}"`;
      return [{ on: "target", message, remedy }];
    },
  },
  {
    id: "memory-node",
    title: "The guest's memory fits into one NUMA node of the target, where it did on the source",
    compares: "The guest's memory against the size and the free memory of the nodes of both hosts",
    severity: "warning",
    remedy: "Move VMs away from one of the target's nodes first, or accept slower memory",
    look({ definition, source, target }) {
      const wanted = memoryBytes(definition);
      const nodes = target.capacity?.nodes ?? [];
      if (nodes.length < 2 || nodes.some(({ freeBytes }) => freeBytes >= wanted)) return [];
      // It was spread before: nothing changes for it.
      if (!(source.capacity?.nodes ?? []).some(({ totalBytes }) => totalBytes >= wanted)) return [];
      const most = Math.max(...nodes.map(({ freeBytes }) => freeBytes));
      const message = `No NUMA node of "${target.host}" has more than ${formatBytes(most)} free, the guest's ${formatBytes(wanted)} would be spread over several`;
      return [{ on: "target", message }];
    },
  },
  {
    id: "huge-pages",
    title: "The target gives guests huge pages where the source does",
    compares: "The kernel's setting of transparent huge pages on both hosts",
    severity: "warning",
    remedy:
      "On the target: echo madvise > /sys/kernel/mm/transparent_hugepage/enabled, and set it for the next boot too",
    look({ source, target }) {
      const [here, there] = [source, target].map((host) => host.capacity?.memoryPlace);
      if (here === undefined || there === undefined) return [];
      if (!usesHuge(here.hugePages) || usesHuge(there.hugePages)) return [];
      const message = `Guests' memory is in huge pages on "${source.host}" (${here.hugePages}), not on "${target.host}" (${there.hugePages}): the guest would be slower there`;
      return [{ on: "target", message }];
    },
  },
  {
    id: "cpu-count",
    title: "The target has a processor for every vCPU",
    compares: "The VM's vCPUs against the target's logical processors",
    severity: "warning",
    remedy: "Move to a larger host, or give the VM fewer vCPUs",
    look({ definition, target }) {
      const threads = target.capacity?.threads;
      const wanted = vcpus(definition);
      if (threads === undefined || wanted <= threads) return [];
      const message = `The VM has ${wanted} vCPUs, "${target.host}" ${threads} logical processors: its vCPUs would wait for each other`;
      return [{ on: "target", message }];
    },
  },
  {
    id: "cpu-overcommit",
    title: "The target is not overcommitted in processors",
    compares: `The vCPUs of the target's guests and the VM's own against ${vcpusPerThreadMax} a logical processor`,
    severity: "warning",
    remedy: "Move VMs away from the target first",
    look({ definition, target }) {
      const { capacity } = target;
      if (capacity === undefined) return [];
      const total = capacity.busyVcpus + vcpus(definition);
      if (total <= vcpusPerThreadMax * capacity.threads) return [];
      const message = `"${target.host}" would run ${total} vCPUs on ${capacity.threads} logical processors, more than ${vcpusPerThreadMax} on each`;
      return [{ on: "target", message }];
    },
  },
];

function usesHuge(option: string): boolean {
  return option !== "never";
}

function memoryBytes({ memory }: CheckInput["definition"]): number {
  return memory.mib * 1024 * 1024;
}

function vcpus({ cpu: { sockets, cores, threads } }: CheckInput["definition"]): number {
  return sockets * cores * threads;
}
