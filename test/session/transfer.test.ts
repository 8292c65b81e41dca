/** What goes in at one end comes out at the other: real TLS, real sockets, real worker threads. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import type { Socket } from "node:net";
import { test } from "node:test";
import { carry, openPair } from "./session-pair.ts";

const MiB = 1024 * 1024;

function sendRandom(socket: Socket, bytes: number): string {
  const data = randomBytes(bytes);
  socket.end(data);
  return createHash("sha256").update(data).digest("hex");
}

/** Not `for await`, which destroys a socket that could still be written to. */
async function receiveAll(socket: Socket): Promise<string> {
  const hash = createHash("sha256");
  socket.on("data", (chunk: Buffer) => hash.update(chunk)).resume();
  await once(socket, "end");
  return hash.digest("hex");
}

for (const lanes of [1, 3]) {
  test(`bytes arrive whole, in order, in both directions at once, over ${lanes} lane(s)`, async () => {
    await using pair = await openPair({ lanes });
    const disk = await carry(pair, "disk:root");
    const there = sendRandom(disk.near, 48 * MiB + 17);
    const back = sendRandom(disk.far, 16 * MiB + 3);
    const arrived = await Promise.all([receiveAll(disk.far), receiveAll(disk.near)]);
    assert.deepEqual(arrived, [there, back]);
    const stats = await pair.source.stats();
    assert.equal(stats.streams["disk:root"]?.acceptedBytes, 48 * MiB + 17);
    assert.ok(stats.wireBytes > 48 * MiB);
  });
}

test("control messages arrive in order, checked, and overtake bulk data", async () => {
  await using pair = await openPair();
  const { near } = await carry(pair, "disk:root");
  near.write(Buffer.alloc(8 * MiB));
  pair.source.send({ type: "receive" });
  pair.source.send({ type: "take", generation: 7 });
  assert.deepEqual(await pair.target.receive("receive", {}), { type: "receive" });
  assert.deepEqual(await pair.target.receive("take", {}), { type: "take", generation: 7 });
});
