/** The limit of storage holds for all disks together, in bytes as they cross, and not for memory beside them. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { test } from "node:test";
import { carry, openPair, type Pair } from "./session-pair.ts";

const MiB = 1024 * 1024;
const limit = 4 * MiB;
/** What goes out beyond the limit: saved up for a moment, and the frame that stands out. */
const slackBytes = limit / 50 + 300_000;

async function arrived(socket: Socket, bytes: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let count = 0;
  socket.on("data", (chunk: Buffer) => {
    count += chunk.length;
    if (count >= bytes) resolve();
  });
  socket.resume();
  await promise;
}

async function diskBytes(pair: Pair): Promise<number> {
  const { streams } = await pair.source.stats();
  return ["disk:root", "disk:data"].reduce(
    (sum, name) => sum + (streams[name]?.acknowledgedBytes ?? 0),
    0,
  );
}

test("disks share the limit of storage, memory passes them, and a limit that is lifted holds nothing", async () => {
  await using pair = await openPair();
  pair.source.limit("storage", limit);
  const begun = performance.now();
  const disks = [await carry(pair, "disk:root"), await carry(pair, "disk:data")];
  const disksThere = disks.map(({ near, far }) => {
    near.write(randomBytes(16 * MiB));
    return arrived(far, 16 * MiB);
  });
  const memory = await carry(pair, "memory");
  memory.near.write(randomBytes(32 * MiB));
  await arrived(memory.far, 32 * MiB);
  for (let look = 0; look < 20; look++) {
    // Said again, as a move does: what was taken in advance is still owed.
    pair.source.limit("storage", limit);
    const bytes = await diskBytes(pair);
    const seconds = (performance.now() - begun) / 1000;
    assert.ok(bytes <= limit * seconds + slackBytes, `${bytes} bytes in ${seconds} s`);
  }
  assert.ok((await diskBytes(pair)) < 32 * MiB);
  pair.source.limit("storage", 0);
  await Promise.all(disksThere);
});

test("memory and disks that all have much to send advance side by side", async () => {
  await using pair = await openPair();
  pair.source.limit("all", 16 * MiB);
  const names = ["disk:root", "memory"] as const;
  for (const name of names) {
    const { near, far } = await carry(pair, name);
    far.resume();
    near.write(randomBytes(24 * MiB));
  }
  for (;;) {
    const { streams } = await pair.source.stats();
    const [disk = 0, memory = 0] = names.map((name) => streams[name]?.acknowledgedBytes ?? 0);
    if (disk + memory < 16 * MiB) continue;
    assert.ok(Math.min(disk, memory) > 0.4 * (disk + memory), `disk ${disk}, memory ${memory}`);
    return;
  }
});
