/** How streams and sessions end, and what they leave behind: nothing. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import type { Session } from "../../src/session/session.ts";
import { carry, next, openPair, owner } from "./session-pair.ts";

function streamClosed(session: Session): Promise<[string, string]> {
  const { promise, resolve } = Promise.withResolvers<[string, string]>();
  session.on("stream-closed", (stream, reason) => resolve([stream, reason]));
  return promise;
}

test("a stream whose sockets both ended orderly is closed as such on both sides", async () => {
  await using pair = await openPair();
  const { near, far } = await carry(pair, "disk:root");
  const closed = [streamClosed(pair.source), streamClosed(pair.target)];
  far.resume().end("thank you");
  near.resume().end("that was all");
  for (const end of await Promise.all(closed)) assert.deepEqual(end, ["disk:root", "end"]);
});

test("a socket that is closed on purpose closes its other end, and can be carried anew", async () => {
  await using pair = await openPair();
  const first = await carry(pair, "disk:root");
  const closed = [streamClosed(pair.source), streamClosed(pair.target)];
  const farEnd = once(first.far.resume(), "end");
  await pair.source.closeStream("disk:root");
  const reasons = await Promise.all(closed);
  assert.deepEqual(reasons[1], ["disk:root", "closed on purpose"]);
  await farEnd;
  const second = await carry(pair, "disk:root");
  second.near.write("again");
  const [bytes] = (await once(second.far.resume(), "data")) as [Buffer];
  assert.equal(bytes.toString(), "again");
});

test("the peer of the source's memory stream cannot close it; it is only told of", async () => {
  await using pair = await openPair();
  const { near, far } = await carry(pair, "memory");
  const closed = streamClosed(pair.source);
  let isEnded = false;
  near.resume().on("end", () => {
    isEnded = true;
  });
  far.destroy();
  assert.equal((await closed)[0], "memory");
  pair.target.send({ type: "announced" });
  await pair.source.receive("announced", {});
  assert.ok(!isEnded);
  const end = once(near, "end");
  await pair.source.closeStream("memory");
  await end;
});

test("a listening socket is its owner's alone, and one stream has one", async () => {
  await using pair = await openPair();
  const path = join(pair.directory, "only");
  await pair.source.carryListening("memory", path, owner);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  const again = pair.source.carryListening("memory", join(pair.directory, "other"), owner);
  await assert.rejects(again, { code: "in-use" });
  await pair.source.closeStream("memory");
  assert.ok(!existsSync(path));
});

test("a socket that nobody listens on is reported, and nothing of the stream stays", async () => {
  await using pair = await openPair();
  const path = join(pair.directory, "nobody");
  await assert.rejects(pair.target.carryConnecting("memory", path), { code: "qemu-failed" });
  await carry(pair, "memory");
});

test("closing tells the peer why, after the last messages, and closes every socket", async () => {
  const pair = await openPair();
  const { near, far } = await carry(pair, "disk:root");
  const listening = join(pair.directory, "listening");
  await pair.source.carryListening("memory", listening, owner);
  const closed = next(pair.target, "closed");
  const ends = [once(near.resume(), "close"), once(far.resume(), "close")];
  pair.source.send({ type: "abandon", reason: "cancelled" });
  await pair.source.close("the move was cancelled");
  assert.equal(await closed, "the move was cancelled");
  assert.equal((await pair.target.receive("abandon", {})).reason, "cancelled");
  near.end();
  far.end();
  await Promise.all(ends);
  assert.ok(!existsSync(listening));
  await assert.rejects(pair.source.stats(), { code: "unreachable" });
  const { port } = pair.target;
  await pair[Symbol.asyncDispose]();
  const [error] = (await once(connect(port, "127.0.0.1"), "error")) as [NodeJS.ErrnoException];
  assert.equal(error.code, "ECONNREFUSED");
});
