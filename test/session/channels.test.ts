/** Memory that QEMU compresses: a stream with further ones beside it, each over a connection of its own. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { carry, openPair, owner, type Pair } from "./session-pair.ts";

const channels = { kind: "channels", count: 2 } as const;
const MiB = 1024 * 1024;

/** The stream's sockets first, then its channels', as the source's QEMU connects them and the target's accepts them. */
async function carryChannels(pair: Pair): Promise<{ near: Socket[]; far: Socket[] }> {
  const [farPath, nearPath] = [join(pair.directory, "far"), join(pair.directory, "near")];
  const far: Socket[] = [];
  const near: Socket[] = [];
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    far.push(socket);
  }).listen(farPath);
  await once(server, "listening");
  await pair.target.carryConnecting("memory", farPath, channels);
  await pair.source.carryListening("memory", nearPath, owner, channels);
  for (let each = 0; each <= channels.count; each++) {
    const socket = connect({ path: nearPath, allowHalfOpen: true });
    await once(socket, "connect");
    near.push(socket);
  }
  // The path is gone once the last connection was accepted.
  await until(() => far.length === near.length && !existsSync(nearPath));
  server.close();
  for (const socket of [...near, ...far]) pair.sockets.push(socket.on("error", () => {}));
  return { near, far };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Ended or reset. */
async function over(socket: Socket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.resume().once("end", resolve).once("close", resolve);
  await promise;
}

async function read(socket: Socket, bytes: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  socket.on("data", (piece: Buffer) => {
    pieces.push(piece);
    length += piece.length;
  });
  socket.resume();
  await until(() => length >= bytes);
  return Buffer.concat(pieces);
}

test("what each connection says comes out of the one that was opened in its turn, and counts as memory", async () => {
  await using pair = await openPair({ lanes: 2 });
  const { near, far } = await carryChannels(pair);
  const said = near.map((_, index) => randomBytes((index + 1) * MiB));
  near.forEach((socket, index) => socket.write(said[index] ?? ""));
  const heard = await Promise.all(
    far.map((socket, index) => read(socket, (said[index] ?? "").length)),
  );
  assert.ok(heard.every((bytes, index) => bytes.equals(said[index] ?? Buffer.alloc(0))));
  const { streams } = await pair.source.stats();
  assert.deepEqual(Object.keys(streams), ["memory"]);
  assert.equal(streams["memory"]?.acceptedBytes, 6 * MiB);
});

test("a word in the stream gets through although nobody reads a channel that is full", async () => {
  await using pair = await openPair();
  const { near, far } = await carryChannels(pair);
  const [main, channel] = near;
  // As a thread of QEMU's that waits for what the stream says.
  channel?.write(randomBytes(64 * MiB));
  let before = -1;
  for (;;) {
    const { acceptedBytes = 0 } = (await pair.source.stats()).streams["memory"] ?? {};
    if (acceptedBytes === before) break;
    before = acceptedBytes;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  main?.write("all of it was sent");
  assert.ok(far[0] !== undefined);
  assert.equal((await read(far[0], 18)).toString(), "all of it was sent");
});

test("the source's connections stay open without a peer, and end with the stream", async () => {
  await using pair = await openPair();
  const { near, far } = await carryChannels(pair);
  const overs = near.map(over);
  let ended = 0;
  for (const each of overs) void each.then(() => ended++);
  for (const socket of far) socket.destroy();
  await pair.target.close("gone");
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  if (pair.source.isOver) resolve();
  pair.source.on("closed", () => resolve());
  await closed;
  await new Promise((done) => setTimeout(done, 100));
  assert.equal(ended, 0);
  await pair.source.close();
  await Promise.all(overs);
});

test("closing the stream closes its channels, also those that nobody has opened", async () => {
  await using pair = await openPair();
  const path = join(pair.directory, "listening");
  await pair.source.carryListening("memory", path, owner, channels);
  const first = connect({ path, allowHalfOpen: true });
  pair.sockets.push(first.on("error", () => {}));
  await once(first, "connect");
  const closed = new Set<string>();
  pair.source.on("stream-closed", (stream) => closed.add(stream));
  const end = over(first);
  await pair.source.closeStream("memory");
  await end;
  await until(() => closed.size === 3);
  assert.deepEqual([...closed].toSorted(), ["memory", "memory:1", "memory:2"]);
  // And all of them are free again.
  await carry(pair, "memory");
});
