/**
 * Connects the source's QEMU to a disk's export on the target, through the session. QEMU stands still while it greets an
 * NBD server, and its guest with it: a link that breaks in that moment must not hold it for as long as the session would
 * wait. So the greeting has a limit of its own, and is tried again when the target answers again.
 */
import { FerryError } from "../base/errors.ts";
import { addExportNode } from "../qemu/mirror.ts";
import type { DiskEncoding } from "../session/disk-coding.ts";
import { freshSocket } from "./carry-socket.ts";
import type { SourceMove } from "./stage.ts";
import { sessionOf } from "./past-setup.ts";

/** Several round trips of the longest link; a guest that does not touch a device meanwhile notices nothing. */
const greetingMsMax = 3_000;
const attemptsMax = 5;

/** The export is QEMU's node `id` when this returns. */
export async function connectMirror(
  move: SourceMove,
  disk: string,
  id: string,
  encoding: DiskEncoding | undefined,
): Promise<void> {
  const session = sessionOf(move);
  const { directory, uid, gid } = move.process;
  for (let attempt = 1; ; attempt++) {
    // Answered over the link that the greeting is about to take.
    session.send({ type: "connect", disk });
    await session.receive("connected", {
      signal: move.signal,
      timeoutMs: move.limits.setupTimeoutMs,
    });
    const socket = await freshSocket(directory, `${id}.sock`);
    await session.carryListening(`disk:${disk}`, socket, { uid, gid }, encoding);
    try {
      return await greet(move, disk, id, socket);
    } catch (error) {
      if (attempt === attemptsMax) throw error;
      const reason = FerryError.from(error).message;
      move.log.warn({ disk, reason }, "cannot connect a mirror; trying again");
      await session.closeStream(`disk:${disk}`);
    }
  }
}

async function greet(move: SourceMove, disk: string, id: string, socket: string): Promise<void> {
  const timer = setTimeout(() => {
    // QEMU's end of the connection closes, and its greeting fails.
    void sessionOf(move)
      .closeStream(`disk:${disk}`)
      .catch(() => undefined); // a session that is over has closed it
  }, greetingMsMax);
  try {
    await addExportNode(move.process.qmp, id, socket, disk);
  } finally {
    clearTimeout(timer);
  }
}
