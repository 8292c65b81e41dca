import assert from "node:assert/strict";
import { test } from "node:test";
import { openDatabase } from "../database/database.ts";
import { Queue } from "./queue.ts";

function queueOf(...ids: string[]): Queue {
  const queue = new Queue(openDatabase(":memory:"));
  for (const id of ids) queue.add({ id, priority: "normal", copiesDisks: false });
  return queue;
}

const order = (queue: Queue): string =>
  queue
    .list()
    .map(({ id }) => id)
    .join("");

test("a queue keeps the order of asking", () => {
  assert.equal(order(queueOf("a", "b", "c")), "abc");
});

test("a higher priority goes before all of a lower one", () => {
  const queue = queueOf("a", "b");
  queue.add({ id: "c", priority: "high", copiesDisks: false });
  queue.add({ id: "d", priority: "low", copiesDisks: false });
  queue.add({ id: "e", priority: "normal", copiesDisks: false });
  assert.equal(order(queue), "cabed");
});

test("a queued move can go first, last, before another, and to another priority", () => {
  const queue = queueOf("a", "b", "c", "d");
  queue.place("c", { to: "first" });
  assert.equal(order(queue), "cabd");
  queue.place("a", { to: "last" });
  assert.equal(order(queue), "cbda");
  queue.place("a", { to: { before: "b" } });
  assert.equal(order(queue), "cabd");
  queue.place("d", { priority: "high" });
  assert.equal(order(queue), "dcab");
  queue.place("b", { to: { before: "d" } });
  assert.equal(order(queue), "bdca");
});

test("a move that does not wait can't be placed, nor others before it", () => {
  const queue = queueOf("a", "b");
  assert.throws(() => queue.place("x", { to: "first" }), { code: "not-found" });
  assert.throws(() => queue.place("a", { to: { before: "x" } }), { code: "not-found" });
  assert.equal(order(queue), "ab");
});

test("a queue is bounded", () => {
  const queue = queueOf(...Array.from({ length: 1_000 }, (_, index) => `m${index}`));
  assert.throws(() => queue.add({ id: "x", priority: "normal", copiesDisks: false }), {
    code: "no-space",
  });
});
