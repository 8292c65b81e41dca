import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { SerialLog, serialBytesKept } from "./serial-log.ts";

/** A port as QEMU has it, and a log that listens to it. */
async function port() {
  const directory = mkdtempSync(join(tmpdir(), "ferry-serial-"));
  const path = join(directory, "serial.sock");
  const server = createServer().listen(path);
  await once(server, "listening");
  const connected = once(server, "connection");
  const log = new SerialLog(path, "at the start");
  const [guest] = (await connected) as [Socket];
  return {
    ...{ log, guest },
    /** Resolves when the log has everything that the guest wrote. */
    async say(text: string): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      let missing = Buffer.byteLength(text);
      const stop = log.watch({
        onBytes: ({ length }) => {
          missing -= length;
          if (missing === 0) resolve();
        },
        onEnd: () => undefined,
      });
      guest.write(text);
      await promise;
      stop();
    },
    [Symbol.dispose]() {
      log.close();
      guest.destroy();
      server.close();
      rmSync(directory, { recursive: true });
    },
  };
}

test("a serial log gives what was written since a position, and everything to who asks for 0", async () => {
  using there = await port();
  await there.say("one\n");
  const { from, bytes, gap } = there.log.read(0);
  assert.deepEqual([from, bytes.toString(), gap], [0, "one\n", false]);
  await there.say("two\n");
  assert.equal(there.log.read(4).bytes.toString(), "two\n");
  assert.equal(there.log.read(99).bytes.length, 0);
});

test("a serial log keeps the end of much, and says that the beginning is gone", async () => {
  using there = await port();
  await there.say("x".repeat(serialBytesKept));
  await there.say("y".repeat(serialBytesKept));
  await there.say("the end");
  const { from, bytes, gap } = there.log.read(0);
  assert.ok(gap && from > 0);
  assert.ok(bytes.length >= serialBytesKept && bytes.length < 2 * serialBytesKept);
  assert.ok(bytes.toString().endsWith("the end"));
});

test("who watches is told when the port closes", async () => {
  using there = await port();
  const ended = new Promise<void>((resolve) => {
    there.log.watch({ onBytes: () => undefined, onEnd: resolve });
  });
  there.guest.destroy();
  await ended;
  assert.ok(there.log.hasEnded);
});

test("what the guest wrote on the host it came from comes first, and who read a part of it there goes on here", async () => {
  using there = await port();
  await there.say("here\n");
  there.log.precede("source", Buffer.from("two\nthree\n"), 14);
  const all = there.log.read(Number.NEGATIVE_INFINITY);
  assert.deepEqual([all.from, all.bytes.toString()], [-10, "two\nthree\nhere\n"]);
  const after = there.log.positionOf("source", 8);
  assert.equal(after, -6);
  assert.equal(there.log.read(after ?? 0).bytes.toString(), "three\nhere\n");
  assert.equal(there.log.read(0).bytes.toString(), "here\n");
  assert.equal(there.log.positionOf("another", 8), undefined);
  assert.ok(there.log.read(there.log.positionOf("source", 0) ?? 0).gap);
});
