/** The RDMA devices of this host, as the kernel names them; none on most. */
import { readdir } from "node:fs/promises";

export async function readRdmaDevices(): Promise<string[]> {
  try {
    return (await readdir("/sys/class/infiniband")).sort();
  } catch {
    // The directory is only there once the kernel has RDMA.
    return [];
  }
}
