/**
 * Setup (Hyper-V's stage 1): connect, agree a version, send the definition; the target reserves memory, disks and ports
 * and starts a skeleton QEMU with its CPUs stopped. The skeleton is the last check there is: what it can't build is found
 * before a page is copied.
 */
import { setTimeout as wait } from "node:timers/promises";
import { errorChain, FerryError } from "../../base/errors.ts";
import { peerError } from "../../session/inbox.ts";
import type { Session } from "../../session/session.ts";
import { findDiskNode } from "../../qemu/disk-nodes.ts";
import { withoutMedia } from "../../vm/media.ts";
import type { IncomingDisk } from "../../vm/moved-disks.ts";
import type { Passage } from "../../vm/passage.ts";
import { agreeOnMemory, mayAgreeEarly } from "../agree-on-memory.ts";
import { receiveFiles, sendFiles } from "../carry-files.ts";
import { wayOf } from "../memory-coding.ts";
import { makeFiles, removeMadeFiles } from "../moved-files.ts";
import { placedDefinition } from "../placed-definition.ts";
import { proofFor, proofMs, proveBacking } from "../prove-backing.ts";
import { applyStorageLimit } from "../storage-limit.ts";
import type { DiskPlacement } from "../record.ts";
import type { SourceMove, Stage } from "../stage.ts";
import { lookAtWrites, nothingWritten } from "../written-memory.ts";

export const setup: Stage = {
  name: "setup",

  source: {
    async run(move) {
      const { id, peer, definition, generation, run, signal, limits } = move;
      const request = { migrationId: id, vmId: definition.id, vmName: definition.name, generation };
      const everyNetwork = limits.performance === "multichannel";
      const wish = { everyNetwork, wayBytesPerSecond: wayOf(move), signal };
      move.session = await move.peers.openSession(peer, request, wish);
      move.session.limitOutage(limits.outageMsMax);
      applyStorageLimit(move);
      move.session.on("message", (message) => {
        if (message.type === "failed") move.peerFailure ??= peerError(message);
      });
      const { disks: placements, files } = move.record.current;
      const disks = await wantedDisks(move, placements);
      const sent = files.filter(({ copy }) => copy);
      const passage = await passageOf(move);
      move.session.send({
        ...{ type: "prepare", generation, run, disks },
        ...(keepsPartial(move) && { keepPartial: true }),
        ...(passage && { passage }),
        definition: placedDefinition(
          ejects(move) ? withoutMedia(definition) : definition,
          placements,
          files,
        ),
        files: sent.map(({ targetPool: pool, file, bytes }) => ({ pool, file, bytes })),
      });
      // While the target gets ready.
      if (limits.performance === "compression" && limits.compressor === "auto") {
        move.written = run ? lookAtWrites(move, wayOf(move)) : Promise.resolve(nothingWritten);
      }
      const timeoutMs = limits.prepareTimeoutMs + proofMs(disks.map(({ backing }) => backing));
      if (mayAgreeEarly(move)) {
        move.memoryAgreed = agreeOnMemory(move, timeoutMs + limits.setupTimeoutMs);
        move.memoryAgreed.catch(() => {}); // memory-precopy hears of it, or the move has failed before
      }
      if (sent.length > 0) {
        await move.session.receive("send-files", { signal, timeoutMs });
        await sendFiles(move, move.session, sent);
      }
      const prepared = await move.session.receive("prepared", { signal, timeoutMs });
      const { whole = [] } = prepared;
      move.whole = [
        ...whole,
        ...placements.filter(({ backing }) => !backing).map(({ name }) => name),
      ];
      // Only now: a target that refuses leaves the guest its media.
      if (ejects(move)) await move.vms.ejectMedia(definition.id);
      await move.faults.reach("source:setup:inside", signal);
    },

    async undo(move) {
      const { session, limits } = move;
      if (ejects(move)) await move.vms.insertMedia(move.definition.id);
      if (session === undefined) return;
      try {
        // Whichever way reaches the target; a link that is lost carries neither, and then it settles later.
        await Promise.any([abandon(session, limits.setupTimeoutMs), discard(move)]);
      } catch (cause) {
        // Without a session the target discards by itself, or asks this host's journal when it was ready.
        move.log.warn({ err: cause }, "the target did not confirm that it cleaned up");
      }
      await session.close();
    },
  },

  target: {
    async run(move) {
      move.session.limitOutage(move.limits.outageMsMax);
      const whole = await proveBacking(move);
      await makeFiles(move);
      await receiveFiles(move);
      move.process = await move.vms.prepareIncoming(move.definition, move.generation, move.id);
      if (move.passage !== undefined) move.owners.expect(move.definition.id, move.passage);
      const { qemuVersion } = move.process;
      move.session.send({ type: "prepared", qemuVersion, ...(whole.length > 0 && { whole }) });
      await move.faults.reach("target:setup:inside", move.signal);
    },

    async undo(move) {
      await move.vms.discardIncoming(move.definition.id);
      move.process = undefined;
      await removeMadeFiles({ ...move, vm: move.definition.id });
    },
  },
};

/** Tells the target that it is off and waits until it has cleaned up, whatever else it still says. */
async function abandon(session: Session, timeoutMs: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const detach = [
    session.on("message", ({ type }) => {
      if (type === "abandoned") resolve();
    }),
    session.on("closed", (reason) => reject(new FerryError("unreachable", reason ?? "closed"))),
  ];
  const late = new FerryError("timeout", `The target did not clean up within ${timeoutMs} ms`);
  const timer = setTimeout(() => reject(late), timeoutMs);
  try {
    session.send({ type: "abandon", reason: "The source gave up the move" });
    await promise;
  } finally {
    clearTimeout(timer);
    for (const stop of detach) stop();
  }
}

function keepsPartial({ record }: SourceMove): boolean {
  const { keepPartial, resume } = record.current.options;
  return keepPartial === true || resume === true;
}

async function passageOf(move: SourceMove): Promise<Passage | undefined> {
  const { leaveCluster = false, enterCluster = false } = move.record.current.options;
  const wish = { mayLeave: leaveCluster, enter: enterCluster };
  return await move.owners.passage(move.definition.id, move.peer, wish);
}

function ejects(move: SourceMove): boolean {
  return move.record.current.options.eject === true;
}

/** QEMU's word on how large the disks are, which is what counts to the guest. */
async function wantedDisks(
  move: SourceMove,
  placements: readonly DiskPlacement[],
): Promise<IncomingDisk[]> {
  return Promise.all(
    placements.map(async ({ name, allocatedBytes }) => {
      const { virtualBytes } = await findDiskNode(move.process.qmp, name);
      const backing = await proofFor(move, name);
      return { name, virtualBytes, allocatedBytes, ...(backing !== undefined && { backing }) };
    }),
  );
}

/** The same over the peer API, again and again: an agent that was restarted answers when it is back. */
async function discard(move: SourceMove): Promise<void> {
  const { peers, peer, id, limits } = move;
  const deadline = performance.now() + limits.setupTimeoutMs;
  for (;;) {
    const last = await peers.discard(peer, id).then(
      (status) => status.last ?? "finished",
      (error: unknown) => errorChain(error),
    );
    if (last === "discarded" || last === "finished") return;
    if (performance.now() > deadline) {
      throw new FerryError("timeout", `The target's half of the move is not gone: ${last}`);
    }
    await wait(limits.takeRetryMs);
  }
}
