import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readIntoSlabs } from "./slab-reader.ts";
import { giveBack, SlabFiller } from "./slabs.ts";

/** Fills a slab to its end in reads of 64 KiB. */
function fillSlab(filler: SlabFiller): Buffer[] {
  return Array.from({ length: 4 }, () => {
    filler.next();
    return filler.filled(64 * 1024);
  });
}

test("a slab whose every byte was given back is read into again", () => {
  const filler = new SlabFiller();
  const first = fillSlab(filler);
  const second = fillSlab(filler);
  for (const chunk of first) giveBack(chunk);
  filler.next();
  assert.equal(filler.filled(1).buffer, first[0]?.buffer);
  for (const chunk of second) giveBack(chunk);
});

test("a slab of which one byte is still lent is left alone", () => {
  const filler = new SlabFiller();
  const [held, ...others] = fillSlab(filler);
  assert.ok(held !== undefined);
  for (const chunk of others) giveBack(chunk);
  giveBack(held.subarray(1));
  for (let slab = 0; slab < 8; slab++) {
    for (const chunk of fillSlab(filler)) {
      assert.notEqual(chunk.buffer, held.buffer);
      giveBack(chunk);
    }
  }
});

test("bytes from elsewhere may be given back too", () => {
  giveBack(Buffer.from("not of a slab"));
});

test("on this Node an accepted socket reads into slabs, and pauses, and ends", async () => {
  const directory = await mkdtemp(join(tmpdir(), "ferry-slabs-"));
  const path = join(directory, "socket");
  const server = createServer({ pauseOnConnect: true }).listen(path);
  await once(server, "listening");
  const client = connect(path);
  const [socket] = (await once(server, "connection")) as [Socket];
  const received: Buffer[] = [];
  const usesSlabs = readIntoSlabs(socket, (bytes) => {
    received.push(Buffer.from(bytes));
    giveBack(bytes);
    socket.pause();
    setImmediate(() => socket.resume());
  });
  assert.ok(usesSlabs);
  const data = Buffer.alloc(3_000_000, "abcdefg");
  client.end(data);
  socket.resume();
  await once(socket, "end");
  assert.ok(Buffer.concat(received).equals(data));
  socket.destroy();
  server.close();
  await rm(directory, { recursive: true });
});
