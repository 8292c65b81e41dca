/**
 * Memory pre-copy (Hyper-V's stage 2): QEMU sends memory in rounds while the guest runs and modified pages are tracked.
 * After every round the convergence decision (convergence.ts) is carried out. The stage ends when QEMU, finding that the
 * rest fits the blackout limit, has stopped the guest.
 */
import { FerryError } from "../../base/errors.ts";
import type { ControlMessageOf } from "../../protocol/messages.ts";
import { guestRuns, listenIncoming, startOutgoing } from "../../qemu/migration.ts";
import { agreeOnMemory } from "../agree-on-memory.ts";
import { freshSocket } from "../carry-socket.ts";
import { RoundsFollower } from "../follow-rounds.ts";
import { listenOverRdma, startOverRdma } from "../memory-over-rdma.ts";
import { answeredCoding, decodingFor, encodingFor } from "../memory-coding.ts";
import type { Stage, TargetMove } from "../stage.ts";
import { SwitchoverWatch } from "../switchover-watch.ts";
import { endMigration } from "../end-migration.ts";
import { sessionOf, skeletonOf } from "../past-setup.ts";

const lastWordMs = 500;

export const memoryPrecopy: Stage = {
  name: "memory-precopy",

  source: {
    async run(move) {
      const session = sessionOf(move);
      const { qmp, directory, uid, gid } = move.process;
      const { setupTimeoutMs, bandwidthBytesPerSecond } = move.limits;
      // From here on: what the target says while this host still prepares must not be missed.
      const watch = new SwitchoverWatch(qmp, session, () => move.overRdma);
      session.limit("memory", bandwidthBytesPerSecond);
      move.watch = watch;
      const agreed = await (move.memoryAgreed ?? agreeOnMemory(move, setupTimeoutMs));
      const { rdma, ...answered } = agreed.answered;
      move.channels = answered.channels ?? 0;
      if (rdma === undefined) {
        const socket = await freshSocket(directory, "migration-out.sock");
        await session.carryListening("memory", socket, { uid, gid }, encodingFor(move, answered));
        await startOutgoing(qmp, `unix:${socket}`);
      } else {
        move.overRdma = true;
        await startOverRdma(qmp, rdma);
      }
      await move.faults.reach("source:memory-precopy:inside", move.signal);
      await new RoundsFollower(move, watch, agreed).run();
    },

    /** Before the handover this puts the guest back to work, from wherever the switch-over was left. */
    async undo(move) {
      move.watch?.[Symbol.dispose]();
      if (!move.overRdma) {
        await move.session?.closeStream("memory").catch((error: unknown) => {
          move.log.warn({ err: error }, "the memory stream was closed already");
        });
      }
      await endMigration(move.process, move.limits.setupTimeoutMs, move.overRdma);
      if (move.run && !(await guestRuns(move.process.qmp))) {
        await move.vms.resumeOwned(move.definition.id);
      }
    },
  },

  target: {
    async run(move) {
      const { session } = move;
      const asked = await session.receive("receive", { signal: move.signal });
      if (asked.rdma === undefined) await receiveInSession(move, asked);
      else {
        move.overRdma = true;
        session.send({ type: "receiving", rdma: await listenOverRdma(move, asked.rdma) });
      }
      await move.faults.reach("target:memory-precopy:inside", move.signal);
      const { blackoutMsAllowed, postCopy = false, ...crossed } = await stopped(move);
      const { wireBytes = 0, wirePeakBytesPerSecond } = crossed;
      move.record.figures({
        wireBytes,
        ...(wirePeakBytesPerSecond !== undefined && { wirePeakBytesPerSecond }),
      });
      move.postCopy = postCopy;
      move.blackoutMsAllowed = blackoutMsAllowed ?? move.limits.blackoutMsMax;
    },

    /** Setup's undo ends the skeleton, and with it all that this stage made. */
    async undo() {},
  },
};

async function receiveInSession(
  move: TargetMove,
  asked: ControlMessageOf<"receive">,
): Promise<void> {
  const { session } = move;
  const { qmp, directory } = skeletonOf(move);
  const decoding = await decodingFor(move, asked);
  const socket = await freshSocket(directory, "migration-in.sock");
  await listenIncoming(qmp, `unix:${socket}`, {
    hasReturnPath: true,
    mayPostCopy: asked.mayPostCopy ?? false,
    channels: decoding?.kind === "channels" ? decoding.count : 0,
  });
  await session.carryConnecting("memory", socket, decoding);
  session.send({ type: "receiving", ...answeredCoding(decoding) });
}

/** The source's word that the guest stands still; what ends the stream before it ends the move. */
async function stopped({ session, signal }: TargetMove): Promise<ControlMessageOf<"stopped">> {
  const { promise: broken, reject } = Promise.withResolvers<never>();
  const detach = session.on("stream-closed", (stream, reason) => {
    // A QEMU that has loaded everything closes its socket too, perhaps before a busy source's word is here; of one that
    // is gone the source hears that the stream ended.
    if (stream !== "memory" || reason === "end") return;
    // A source that gives the move up closes its end, and says so: its word is on the way.
    setTimeout(() => reject(unreceived(reason)), lastWordMs);
  });
  try {
    return await Promise.race([session.receive("stopped", { signal }), broken]);
  } finally {
    detach();
  }
}

function unreceived(reason: string): FerryError {
  return new FerryError(
    "migration-failed",
    `Cannot receive the guest's memory: its stream ended before the guest stopped (${reason})`,
    { remedy: "Read QEMU's log in the VM's directory on both hosts, then move again" },
  );
}
