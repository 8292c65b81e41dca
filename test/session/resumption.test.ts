/** A broken link costs time, and nothing else. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import type { Socket } from "node:net";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { madeStream } from "../../src/memory/made-stream.ts";
import { Relay } from "./relay.ts";
import { carry, next, openPair, type Pair, type PairOptions } from "./session-pair.ts";

const MiB = 1024 * 1024;

async function openOverRelay(options: PairOptions): Promise<Pair & { relay: Relay }> {
  let relay: Relay | undefined;
  const pair = await openPair({
    ...options,
    via: async (port) => {
      relay = new Relay(port);
      return relay.listen();
    },
  });
  assert.ok(relay !== undefined);
  const wire = relay;
  return {
    ...pair,
    relay: wire,
    async [Symbol.asyncDispose]() {
      await pair[Symbol.asyncDispose]();
      await wire[Symbol.asyncDispose]();
    },
  };
}

/** Reads to the end, calling `at` each time another `every` bytes have come. */
async function receive(socket: Socket, every: number, at: () => void): Promise<string> {
  const hash = createHash("sha256");
  let bytes = 0;
  socket.on("data", (chunk: Buffer) => {
    hash.update(chunk);
    const before = Math.floor(bytes / every);
    bytes += chunk.length;
    if (Math.floor(bytes / every) > before) at();
  });
  socket.resume();
  await once(socket, "end");
  return hash.digest("hex");
}

const digest = (data: Buffer) => createHash("sha256").update(data).digest("hex");

for (const lanes of [1, 3]) {
  test(`lanes that break again and again lose and repeat nothing, with ${lanes} of them`, async () => {
    await using pair = await openOverRelay({ lanes });
    const { near, far } = await carry(pair, "disk:root");
    const data = randomBytes(64 * MiB + 5);
    near.end(data);
    let broken = 0;
    const received = await receive(far, 8 * MiB, () => {
      pair.relay.breakOne();
      broken += 1;
    });
    assert.equal(received, digest(data));
    assert.ok(broken >= 7);
  });
}

test("memory told page by page survives lanes that break, in memory that is used again", async () => {
  await using pair = await openOverRelay({ lanes: 2 });
  const pageCacheBytes = 16 * MiB;
  const { near, far } = await carry(pair, "memory", {
    encoding: { kind: "memory", target: { kind: "plain" }, pageCacheBytes, jobs: 2 },
    decoding: { kind: "memory", placed: null, pageCacheBytesMax: pageCacheBytes, jobs: 2 },
  });
  // Random pages go raw, text is compressed: both ways to hold a batch until it is acknowledged.
  const pages = 12 * 1024;
  const records = Array.from({ length: pages }, (_, page) => {
    const isText = Math.floor(page / 512) % 2 === 0;
    return {
      block: 0,
      page,
      data: isText ? Buffer.alloc(4096, `page ${page} `) : randomBytes(4096),
    };
  });
  const blocks = [{ name: "pc.ram", usedBytes: pages * 4096 }];
  const stream = madeStream({ blocks, records });
  near.end(stream);
  let broken = 0;
  const received = await receive(far, 4 * MiB, () => {
    pair.relay.breakOne();
    broken += 1;
  });
  assert.equal(received, digest(stream));
  assert.ok(broken >= 10);
});

test("of two networks one goes silent, and the other carries all of it without a failure", async () => {
  let second: Relay | undefined;
  await using pair = await openPair({
    lanes: 2,
    addresses: ["127.0.0.1", "127.0.0.2"],
    via: async (port) => {
      second = new Relay(port);
      return await second.listen("127.0.0.2", port);
    },
  });
  assert.ok(second !== undefined);
  await using network = second;
  while ((await pair.source.stats()).lanes < 2) await turn();
  const { near, far } = await carry(pair, "disk:root");
  const data = randomBytes(48 * MiB);
  let wasLost = false;
  pair.source.on("link-lost", () => (wasLost = true));
  near.end(data);
  const received = await receive(far, 16 * MiB, () => network.pull());
  assert.equal(received, digest(data));
  assert.ok(!wasLost);
  const { wireBytes } = await pair.source.stats();
  assert.ok(wireBytes < data.length + 33 * MiB, "only what was not acknowledged goes out again");
});

test("a session whose every lane is lost goes on where it stopped when the link is back", async () => {
  await using pair = await openOverRelay({ lanes: 2 });
  const { near, far } = await carry(pair, "disk:root");
  const data = randomBytes(48 * MiB);
  const lost = next(pair.source, "link-lost");
  const restored = next(pair.source, "link-restored");
  near.end(data);
  let isCut = false;
  const received = receive(far, 16 * MiB, () => {
    if (isCut) return;
    isCut = true;
    pair.relay.cut();
  });
  await lost;
  pair.source.send({ type: "receive" });
  assert.equal((await pair.source.stats()).lanes, 0);
  pair.relay.mend();
  await restored;
  assert.equal(await received, digest(data));
  assert.deepEqual(await pair.target.receive("receive", {}), { type: "receive" });
  const { wireBytes } = await pair.source.stats();
  assert.ok(wireBytes < data.length + 33 * MiB, "only what was not acknowledged goes out again");
});

test("a link that stays away longer than allowed ends the session on both sides", async () => {
  await using pair = await openOverRelay({ lanes: 1 });
  const ends = [next(pair.source, "closed"), next(pair.target, "closed")];
  pair.source.limitOutage(50);
  pair.target.limitOutage(50);
  pair.relay.cut();
  for (const reason of await Promise.all(ends)) assert.match(reason ?? "", /no lane for 50 ms/);
  await assert.rejects(pair.target.receive("take", {}), { code: "unreachable" });
  assert.throws(() => pair.source.send({ type: "receive" }), { code: "unreachable" });
});

test("what nobody reads stays small, however much there is to send", async () => {
  await using pair = await openPair();
  const { near } = await carry(pair, "disk:root");
  near.write(Buffer.alloc(64 * MiB));
  for (let look = 0; look < 500; look++) {
    const taken = (await pair.source.stats()).streams["disk:root"]?.acceptedBytes ?? 0;
    assert.ok(taken < 4 * MiB, `${taken} bytes were taken for a reader that reads nothing`);
    // A message there and back: time for more to be taken, if more were.
    pair.source.send({ type: "receive" });
    await pair.target.receive("receive", {});
  }
});
