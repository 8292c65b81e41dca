/** What QEMU counts of the guest's writes to its disks, since the QEMU started. */
import { isDeviceOfDisk } from "./disk-nodes.ts";
import type { Qmp } from "./qmp.ts";

export interface WriteStatistics {
  /** Completed writes. */
  readonly operations: number;
  readonly bytes: number;
  /** Time from request to answer, all writes together, milliseconds. */
  readonly waitedMs: number;
}

interface BlockStatistics {
  qdev?: string;
  stats: { wr_operations: number; wr_bytes: number; wr_total_time_ns: number };
}

/** By the disks' names in the definition; one that QEMU has no device for is left out. */
export async function queryWrites(
  qmp: Qmp,
  disks: readonly string[],
): Promise<ReadonlyMap<string, WriteStatistics>> {
  const devices = await qmp.execute<BlockStatistics[]>("query-blockstats");
  return new Map(
    disks.flatMap((disk) => {
      const device = devices.find(({ qdev }) => isDeviceOfDisk(qdev, disk));
      if (device === undefined) return [];
      const { wr_operations: operations, wr_bytes: bytes, wr_total_time_ns } = device.stats;
      return [[disk, { operations, bytes, waitedMs: wr_total_time_ns / 1e6 }] as const];
    }),
  );
}
