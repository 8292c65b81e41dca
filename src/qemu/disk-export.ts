/**
 * The target's half of a mirror: a skeleton QEMU exports its disks over NBD on a unix socket that only the session
 * reaches. An export takes the disk's write permission, which the guest's device needs: it must be gone before QEMU
 * finishes loading.
 */
import { join } from "node:path";
import { findDiskNode } from "./disk-nodes.ts";
import type { Qmp } from "./qmp.ts";

/** Ends an export whose client has just gone, or hangs. */
const deletedTimeoutMs = 10_000;

export function exportSocket(directory: string): string {
  return join(directory, "nbd.sock");
}

/** Exports each disk, writable, under its own name, on `exportSocket(directory)`. */
export async function exportDisks(
  qmp: Qmp,
  directory: string,
  disks: readonly string[],
): Promise<void> {
  await qmp.execute("nbd-server-start", {
    addr: { type: "unix", data: { path: exportSocket(directory) } },
    // A connection that is made anew may come before the end of the old one is noticed.
    "max-connections": 2 * disks.length,
  });
  for (const [index, disk] of disks.entries()) {
    const { node } = await findDiskNode(qmp, disk);
    await qmp.execute("block-export-add", {
      ...{ type: "nbd", id: exportId(index), "node-name": node, name: disk, writable: true },
    });
  }
}

/** Removes the exports: the disks belong to the guest's devices alone then. The server goes by `stopExporting`. */
export async function removeExports(qmp: Qmp, disks: readonly string[]): Promise<void> {
  await Promise.all(
    disks.map(async (_, index) => {
      const id = exportId(index);
      const deleted = qmp.waitFor(
        ({ event, data }) => event === "BLOCK_EXPORT_DELETED" && data["id"] === id,
        { timeoutMs: deletedTimeoutMs },
      );
      deleted.catch(() => undefined); // the command below may fail first
      await qmp.execute("block-export-del", { id, mode: "hard" });
      await deleted;
    }),
  );
}

export async function stopExporting(qmp: Qmp): Promise<void> {
  await qmp.execute("nbd-server-stop");
}

/**
 * Makes everything that was written to the disks durable. A guest told its data is on the disk by the source must find
 * it after a power loss of the target: NBD's writes alone are not. Flushes a QEMU whose CPUs stand still already.
 */
export async function flushDisks(qmp: Qmp): Promise<void> {
  await qmp.execute("stop");
}

function exportId(index: number): string {
  return `export${index}`;
}
