/** Source: ends an outgoing migration whose handover never was; QEMU's guest can run on then. */
import { endPostCopy, isInPostCopy } from "../qemu/end-post-copy.ts";
import { endOutgoing } from "../qemu/migration.ts";
import type { VmProcess } from "../vm/vm-host.ts";
import { freshSocket } from "./carry-socket.ts";

/** A socket that carried it must be closed; `overRdma`: QEMU has nothing to notice then. May be repeated. */
export async function endMigration(
  process: VmProcess,
  timeoutMs: number,
  overRdma = false,
): Promise<void> {
  const { qmp, directory, uid, gid } = process;
  if (!(await isInPostCopy(qmp))) return await endOutgoing(qmp, overRdma ? 0 : undefined);
  const path = await freshSocket(directory, "migration-back.sock");
  await endPostCopy(qmp, { path, uid, gid }, timeoutMs);
}
