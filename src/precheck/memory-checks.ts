/** Checks about the memory that the guest gets on the target. */
import type { Check } from "./check.ts";

/** QEMU itself: its own memory beside the guest's. */
const qemuOverheadBytes = 128 * 1024 * 1024;

export const memoryChecks: readonly Check[] = [
  {
    id: "memory",
    title: "The target has the memory",
    compares:
      "The guest's memory and QEMU's own against what the target has available beside moves that are coming",
    severity: "blocking",
    remedy: "Stop or move VMs of the target first",
    look({ definition, target }) {
      const wanted = definition.memory.mib * 1048576 + qemuOverheadBytes;
      if (target.memoryAvailableBytes >= wanted) return [];
      const mib = (bytes: number): string => `${Math.round(bytes / 1048576)} MiB`;
      return [
        {
          on: "target",
          severity: "blocking",
          message: `"${target.host}" has ${mib(target.memoryAvailableBytes)} available, the VM needs ${mib(wanted)}`,
          remedy: `Stop or move VMs of "${target.host}" first`,
        },
      ];
    },
  },
];
