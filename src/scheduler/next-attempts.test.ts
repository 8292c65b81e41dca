import assert from "node:assert/strict";
import { test } from "node:test";
import { nextAttempts, type QueueStanding } from "./next-attempts.ts";

const move = (id: string, target: string) => ({ id, vmName: id, target, copiesDisks: false });

function standing(
  queue: ReturnType<typeof move>[],
  more: Partial<QueueStanding> = {},
): QueueStanding {
  return {
    host: "host-a",
    queue,
    outgoing: { moves: 0, storageMoves: 0 },
    limits: { simultaneousMovesMax: 2, simultaneousStorageMovesMax: 2 },
    attempting: new Set(),
    targetHolds: new Map(),
    moveHolds: new Map(),
    now: 1_000,
    ...more,
  };
}

const ids = (moves: readonly { id: string }[]): string[] => moves.map(({ id }) => id);

test("nextAttempts() tries the first of each target while this host has slots", () => {
  const next = nextAttempts(standing([move("web01", "b"), move("web02", "c"), move("web03", "d")]));
  assert.deepEqual(ids(next.attempts), ["web01", "web02"]);
  assert.deepEqual(
    [...next.waiting],
    [["web03", "waits for a free slot on host-a, 2 of 2 in use, next"]],
  );
});

test("nextAttempts() asks a target one question at a time, in order", () => {
  const queue = [move("web01", "b"), move("web02", "b")];
  assert.deepEqual(ids(nextAttempts(standing(queue)).attempts), ["web01"]);
  const next = nextAttempts(standing(queue, { attempting: new Set(["web01"]) }));
  assert.deepEqual(next.attempts, []);
  assert.equal(next.waiting.get("web02"), "waits behind web01 for b, 2nd in line");
});

test("nextAttempts() lets moves to other targets pass those whose target is full", () => {
  const hold = { reason: "waits for a free slot on b, 2 of 2 in use, next", retryAt: 2_000 };
  const next = nextAttempts(
    standing([move("web01", "b"), move("web02", "b"), move("web03", "c")], {
      targetHolds: new Map([["b", hold]]),
    }),
  );
  assert.deepEqual(ids(next.attempts), ["web03"]);
  assert.equal(next.waiting.get("web01"), hold.reason);
  assert.equal(next.waiting.get("web02"), "waits behind web01 for b, 2nd in line");
  assert.equal(next.wakeAt, 2_000);
});

test("nextAttempts() lets the next move to a target pass one that waits for its own VM", () => {
  const hold = { reason: "waits for its VM: restart is under way", retryAt: 2_000 };
  const next = nextAttempts(
    standing([move("web01", "b"), move("web02", "b")], { moveHolds: new Map([["web01", hold]]) }),
  );
  assert.deepEqual(ids(next.attempts), ["web02"]);
});

test("nextAttempts() counts tries under way as slots in use", () => {
  const queue = [move("web01", "b"), move("web02", "c"), move("web03", "d")];
  const attempting = new Set(["web01", "web03"]);
  assert.deepEqual(ids(nextAttempts(standing(queue, { attempting })).attempts), []);
});
