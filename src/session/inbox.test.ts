import assert from "node:assert/strict";
import { test } from "node:test";
import { FerryError } from "../base/errors.ts";
import { Inbox } from "./inbox.ts";
import { unreadMessagesMax } from "./limits.ts";

test("a message that came first is there for who asks later", async () => {
  const inbox = new Inbox();
  inbox.arrived({ type: "receive" });
  assert.deepEqual(await inbox.receive("receive", {}), { type: "receive" });
});

test("two that wait for different messages each get theirs", async () => {
  const inbox = new Inbox();
  const waiting = [inbox.receive("taken", {}), inbox.receive("announced", {})];
  inbox.arrived({ type: "announced" });
  inbox.arrived({ type: "taken", generation: 2, resumeMs: 1 });
  const kinds = (await Promise.all(waiting)).map((message) => message.type);
  assert.deepEqual(kinds, ["taken", "announced"]);
});

test("a question that others answer disturbs nobody who waits, and is not kept", async () => {
  const inbox = new Inbox();
  const question = { type: "digest-request", firstPage: 0, pages: 1, pagesPerDigest: 1 } as const;
  for (let times = 0; times <= unreadMessagesMax; times++) inbox.arrived(question);
  const waiting = inbox.receive("take", {});
  inbox.arrived(question);
  inbox.arrived({ type: "take", generation: 2 });
  assert.deepEqual(await waiting, { type: "take", generation: 2 });
});

test("a peer that failed rejects who waits, with the peer's own error", async () => {
  const inbox = new Inbox();
  const waiting = inbox.receive("prepared", {});
  inbox.arrived({
    type: "failed",
    code: "no-space",
    message: "Cannot reserve",
    remedy: "Free some",
  });
  await assert.rejects(waiting, {
    code: "no-space",
    message: "Cannot reserve",
    remedy: "Free some",
  });
});

test("a failure with nobody waiting rejects who asks next", async () => {
  const inbox = new Inbox();
  inbox.arrived({ type: "failed", code: "from-the-future", message: "Cannot say" });
  await assert.rejects(inbox.receive("prepared", {}), { code: "migration-failed" });
});

test("a message that nobody expects while another is awaited breaks the protocol", async () => {
  const inbox = new Inbox();
  const waiting = inbox.receive("prepared", {});
  inbox.arrived({ type: "announced" });
  await assert.rejects(waiting, { code: "peer-protocol" });
});

test("an abandoned move rejects who waits for anything else", async () => {
  const inbox = new Inbox();
  const waiting = inbox.receive("take", {});
  inbox.arrived({ type: "abandon", reason: "the administrator cancelled" });
  await assert.rejects(waiting, { code: "cancelled" });
});

test("waiting ends at the deadline, at the signal and with the session", async () => {
  const inbox = new Inbox();
  await assert.rejects(inbox.receive("ready", { timeoutMs: 1 }), { code: "timeout" });
  const abort = new AbortController();
  const aborted = inbox.receive("ready", { signal: abort.signal });
  abort.abort(new Error("enough"));
  await assert.rejects(aborted, /enough/);
  const ended = inbox.receive("ready", {});
  inbox.end(new FerryError("unreachable", "gone"));
  await assert.rejects(ended, { code: "unreachable" });
  await assert.rejects(inbox.receive("ready", {}), { code: "unreachable" });
});

test("what arrived before the end can still be read", async () => {
  const inbox = new Inbox();
  inbox.arrived({ type: "announced" });
  inbox.end(new FerryError("unreachable", "gone"));
  assert.deepEqual(await inbox.receive("announced", {}), { type: "announced" });
});

test("a peer cannot fill the memory with messages that nobody reads", () => {
  const inbox = new Inbox();
  for (let count = 0; count < unreadMessagesMax; count++) inbox.arrived({ type: "receive" });
  assert.throws(() => inbox.arrived({ type: "receive" }), { code: "peer-protocol" });
});
