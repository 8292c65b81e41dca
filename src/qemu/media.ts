/** Media in the CD drives of a running VM: what is in, and changing it as a hand at the drive would. */
import type { Qmp } from "./qmp.ts";

export interface WantedMedium {
  /** The drive's name in the definition. */
  readonly drive: string;
  /** The node that the medium gets; unique in its QEMU. */
  readonly node: string;
  /** Absolute; null: the drive shall be empty. */
  readonly path: string | null;
}

interface QueryBlock {
  qdev?: string;
  inserted?: { "node-name"?: string; image: { filename: string } };
}

/**
 * Makes the drives hold what is wanted. A drive that does already is left alone, a locked tray is opened all the same.
 * @throws FerryError `qemu-failed`, for instance for a file that QEMU's user may not read.
 */
export async function putMedia(qmp: Qmp, wanted: readonly WantedMedium[]): Promise<void> {
  const devices = await qmp.execute<QueryBlock[]>("query-block");
  for (const medium of wanted) {
    const id = `cd-${medium.drive}`;
    const present = devices.find(({ qdev }) => qdev?.split("/").includes(id))?.inserted;
    if ((present?.image.filename ?? null) === medium.path) continue;
    await qmp.execute("blockdev-open-tray", { id, force: true });
    if (present !== undefined) {
      await qmp.execute("blockdev-remove-medium", { id });
      await qmp.execute("blockdev-del", { "node-name": present["node-name"] });
    }
    if (medium.path !== null) {
      await qmp.execute("blockdev-add", mediumNode(medium.node, medium.path));
      await qmp.execute("blockdev-insert-medium", { id, "node-name": medium.node });
    }
    await qmp.execute("blockdev-close-tray", { id });
  }
}

/** As the command line opens a medium, too (storage-devices.ts). */
export function mediumNode(name: string, filename: string): Record<string, unknown> {
  const file = { driver: "file", filename, locking: "off", "read-only": true };
  return { driver: "raw", "node-name": name, "read-only": true, file };
}
