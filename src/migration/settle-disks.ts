/**
 * Between the guest's stop and the last of its state: the mirrors end with both disks equal, and on the target nothing but
 * the guest's own devices keeps the disks. QEMU cannot hand over a disk that a mirror writes, so it waits meanwhile
 * (`pause-before-switchover`); this is the only time that moving disks add to the blackout.
 */
import { wallClockMs } from "../base/clock.ts";
import { removeExports, stopExporting } from "../qemu/disk-export.ts";
import { continueSwitchover, waitForStatus } from "../qemu/migration.ts";
import { completeMirror, removeNode } from "../qemu/mirror.ts";
import { mirrorId } from "./disks-followed.ts";
import type { SourceMove, TargetMove } from "./stage.ts";
import { sessionOf, skeletonOf } from "./past-setup.ts";

export async function settleDisksOnSource(move: SourceMove): Promise<void> {
  try {
    await settle(move);
  } catch (error) {
    throw move.watch?.cause ?? error;
  }
}

async function settle(move: SourceMove): Promise<void> {
  const session = sessionOf(move);
  const { qmp } = move.process;
  const timeoutMs = move.limits.blackoutTimeoutMs;
  const mirrors = move.disks.map((_, index) => mirrorId(index));
  await waitForStatus(qmp, ["pre-switchover"], { timeoutMs });
  const copied = await Promise.all(mirrors.map((id) => completeMirror(qmp, id, timeoutMs)));
  session.send({ type: "mirrored" });
  await Promise.all([
    ...mirrors.map((id) => removeNode(qmp, id)),
    session.receive("sealed", { timeoutMs }),
  ]);
  await continueSwitchover(qmp);
  if (move.watch !== undefined) move.watch.continuedAt = wallClockMs();
  noteLast(move, copied);
}

export async function settleDisksOnTarget(move: TargetMove): Promise<void> {
  const timeoutMs = move.blackoutMsAllowed + move.limits.blackoutTimeoutMs;
  await move.session.receive("mirrored", { timeoutMs, signal: move.signal });
  const { qmp } = skeletonOf(move);
  await removeExports(qmp, move.disks);
  move.session.send({ type: "sealed" });
  await stopExporting(qmp);
}

/** What was mirrored since the mirrors were last looked at. `copied`: bytes, in the order of `move.disks`. */
function noteLast(move: SourceMove, copied: readonly number[]): void {
  move.record.disks(
    move.record.current.disks.map((disk) => {
      const inAll = copied[move.disks.indexOf(disk.name)];
      if (inAll === undefined) return disk;
      const copiedBytes = move.disksFollowed?.contentOf(disk.name, inAll) ?? inAll;
      const mirroredBytes = disk.mirroredBytes + copiedBytes - disk.copiedBytes;
      return { ...disk, copiedBytes, mirroredBytes, totalBytes: copiedBytes };
    }),
  );
}
