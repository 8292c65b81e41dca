/**
 * Kernels, initrds and media that the target does not reach, carried along whole before its skeleton starts: one stream of
 * the session for each, in the place of a disk's. Both halves; what arrives is never more than was announced.
 */
import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { FerryError } from "../base/errors.ts";
import type { BulkStream, Session } from "../session/session.ts";
import type { PoolFile } from "../vm/definition.ts";
import type { IncomingFile } from "../vm/moved-disks.ts";
import { freshSocket } from "./carry-socket.ts";
import type { SourceMove, TargetMove } from "./stage.ts";

/** Source: sends the files, as this host has them, in the order in which they were announced. */
export async function sendFiles(
  move: SourceMove,
  session: Session,
  files: readonly PoolFile[],
): Promise<void> {
  const { signal } = move;
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  for (const [index, file] of files.entries()) {
    const path = await move.vms.pathOf(file);
    const socketPath = await freshSocket(move.process.directory, "file.sock");
    await session.carryListening(streamOf(index), socketPath, owner);
    const socket = connect({ path: socketPath, signal });
    const closed = once(socket, "close");
    await pipeline(createReadStream(path), socket, { signal });
    // The target closes its end when it has everything.
    socket.resume();
    await closed;
  }
}

/** Target: takes the files that `makeFiles` made room for, and says when they may be sent. */
export async function receiveFiles(move: TargetMove): Promise<void> {
  const { session, wantedFiles } = move;
  if (wantedFiles.length === 0) return;
  const directory = await mkdtemp(join(tmpdir(), "ferry-files-"));
  try {
    const arrivals: Promise<void>[] = [];
    for (const [index, file] of wantedFiles.entries()) {
      const socketPath = join(directory, String(index));
      const socket = await acceptOne(socketPath, () =>
        session.carryConnecting(streamOf(index), socketPath),
      );
      const arrival = write(move, file, socket);
      arrival.catch(() => undefined); // awaited below, with the others
      arrivals.push(arrival);
    }
    session.send({ type: "send-files" });
    await Promise.all(arrivals);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** No disk is called so. */
function streamOf(index: number): BulkStream {
  return `disk:@${index}`;
}

async function acceptOne(path: string, connectTo: () => Promise<void>): Promise<Socket> {
  const server = createServer({ pauseOnConnect: true });
  server.listen(path);
  await once(server, "listening");
  try {
    const connection = once(server, "connection") as Promise<[Socket]>;
    await connectTo();
    const [socket] = await connection;
    return socket;
  } finally {
    server.close();
  }
}

async function write(move: TargetMove, file: IncomingFile, socket: Socket): Promise<void> {
  const path = await move.vms.pathOf(file);
  const exactly = (source: AsyncIterable<Buffer>): AsyncIterable<Buffer> => announced(source, file);
  const destination = createWriteStream(path, { flags: "r+", flush: true });
  await pipeline(socket, exactly, destination, { signal: move.signal });
}

async function* announced(
  source: AsyncIterable<Buffer>,
  { file, bytes }: IncomingFile,
): AsyncGenerator<Buffer, void, void> {
  let arrived = 0;
  for await (const chunk of source) {
    arrived += chunk.length;
    if (arrived > bytes) break;
    yield chunk;
  }
  if (arrived === bytes) return;
  throw new FerryError(
    "peer-protocol",
    `Cannot take file "${file}": ${arrived} bytes came, ${bytes} were announced`,
    { remedy: "See that nobody writes to it on the source, then move again" },
  );
}
