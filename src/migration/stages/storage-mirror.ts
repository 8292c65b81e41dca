/**
 * Storage mirror (Hyper-V's shared-nothing steps 1 to 4): disks that the target does not reach are copied while reads and
 * writes go to the source's; once copied, the guest's writes go to both, until the switch-over (settle-disks.ts). The
 * target's QEMU exports its empty disks over NBD, the source's mirrors to them; the session carries one stream a disk.
 */
import { exportDisks, exportSocket } from "../../qemu/disk-export.ts";
import { findDiskNode } from "../../qemu/disk-nodes.ts";
import { changesMode, clearMirrors, startMirror } from "../../qemu/mirror.ts";
import type { DiskEncoding } from "../../session/disk-coding.ts";
import { connectMirror } from "../connect-mirror.ts";
import {
  type CodingOf,
  diskDecodingFor,
  diskEncodingFor,
  wantedDiskEncoding,
} from "../disk-coding.ts";
import { DisksFollowed, mirrorId } from "../disks-followed.ts";
import { followMirrors } from "../follow-mirrors.ts";
import { mirrorInFlightBytes } from "../storage-limit.ts";
import { MirrorWatch } from "../mirror-watch.ts";
import { nothingToUndo, type SourceMove, type Stage } from "../stage.ts";
import { sessionOf, skeletonOf } from "../past-setup.ts";

export const storageMirror: Stage = {
  name: "storage-mirror",
  applies: (move) => move.disks.length > 0,

  source: {
    async run(move) {
      const session = sessionOf(move);
      const timeoutMs = move.limits.setupTimeoutMs;
      const wanted = wantedDiskEncoding(move);
      session.send({ type: "mirror", ...wanted });
      const answer = await session.receive("mirroring", { signal: move.signal, timeoutMs });
      const encodingOf = await diskEncodingFor(move, wanted, answer);
      using watch = new MirrorWatch(move.process.qmp, session);
      const followed = new DisksFollowed(move);
      move.disksFollowed = followed;
      await followed.look();
      for (const index of move.disks.keys()) await startOne(move, index, encodingOf);
      session.send({ type: "connect", disk: null });
      await move.faults.reach("source:storage-mirror:inside", move.signal);
      await followMirrors(move, watch, followed);
    },

    /** A mirror over a connection that hangs can't be ended: the connections go first. */
    async undo(move) {
      for (const disk of move.disks) {
        await move.session?.closeStream(`disk:${disk}`).catch((error: unknown) => {
          move.log.warn({ err: error }, "the stream of a disk was closed already");
        });
      }
      await clearMirrors(move.process.qmp, move.limits.setupTimeoutMs);
    },
  },

  target: {
    async run(move) {
      const { session, signal } = move;
      const { qmp, directory } = skeletonOf(move);
      const request = await session.receive("mirror", { signal });
      await exportDisks(qmp, directory, move.disks);
      await move.faults.reach("target:storage-mirror:inside", signal);
      const { encoding } = request;
      session.send({ type: "mirroring", ...(encoding && { encoding }) });
      const decodingOf = await diskDecodingFor(move, request);
      for (;;) {
        const { disk } = await session.receive("connect", { signal });
        if (disk === null) break;
        // What is left of an attempt that failed.
        await session.closeStream(`disk:${disk}`);
        await session.carryConnecting(`disk:${disk}`, exportSocket(directory), decodingOf(disk));
        session.send({ type: "connected" });
      }
    },

    undo: nothingToUndo, // setup's undo ends the skeleton and removes the disks
  },
};

async function startOne(
  move: SourceMove,
  index: number,
  encodingOf: CodingOf<DiskEncoding>,
): Promise<void> {
  const { qmp } = move.process;
  const disk = move.disks[index] ?? "";
  const id = mirrorId(index);
  await connectMirror(move, disk, id, encodingOf(disk));
  const { node } = await findDiskNode(qmp, disk);
  const begins = (await changesMode(qmp)) ? "background" : "synchronous";
  const inFlightBytes = mirrorInFlightBytes(move.limits.storageBytesPerSecond, begins);
  const hasBacking = move.definition.disks.some(({ name, backing }) => name === disk && backing);
  const withBacking = hasBacking && move.whole.includes(disk);
  await startMirror(qmp, { id, node, to: id, inFlightBytes, withBacking });
}
