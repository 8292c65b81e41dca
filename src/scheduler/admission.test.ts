import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { admitInOrder, countSlots, noSlots, placeInLine, waitingText } from "./admission.ts";

const limits = { simultaneousMovesMax: 2, simultaneousStorageMovesMax: 1 };
const plain = (id: string) => ({ id, copiesDisks: false });
const storage = (id: string) => ({ id, copiesDisks: true });
const kinds = (...args: Parameters<typeof admitInOrder>): string[] =>
  [...admitInOrder(...args).values()].map(({ kind }) => kind);

test("admitInOrder() starts as many as there are slots, the first first", () => {
  const line = [plain("a"), plain("b"), plain("c")];
  assert.deepEqual(kinds(line, noSlots, limits), ["start", "start", "wait"]);
  assert.deepEqual(kinds(line, { moves: 2, storageMoves: 0 }, limits), ["wait", "wait", "wait"]);
});

test("admitInOrder() lets a move pass one that waits only for a storage slot", () => {
  const line = [storage("a"), plain("b")];
  assert.deepEqual(kinds(line, { moves: 1, storageMoves: 1 }, limits), ["wait", "start"]);
});

test("admitInOrder() says what is scarce, how much of it there is, and the place in line", () => {
  const admissions = admitInOrder(
    [storage("a"), plain("b"), plain("c")],
    { moves: 1, storageMoves: 1 },
    limits,
  );
  assert.deepEqual(admissions.get("a"), {
    kind: "wait",
    scarce: "storage slot",
    inUse: 1,
    max: 1,
    position: 1,
  });
  assert.deepEqual(admissions.get("c"), {
    kind: "wait",
    scarce: "slot",
    inUse: 2,
    max: 2,
    position: 2,
  });
});

test("waitingText() says what for, how many are in use and when it is one's turn", () => {
  const wait = { kind: "wait", scarce: "slot", inUse: 2, max: 2, position: 1 } as const;
  assert.equal(waitingText("host-b", wait), "waits for a free slot on host-b, 2 of 2 in use, next");
  assert.deepEqual([2, 3, 4, 11, 21].map(placeInLine), [
    "2nd in line",
    "3rd in line",
    "4th in line",
    "11th in line",
    "21st in line",
  ]);
});

const someClaims = fc
  .array(fc.boolean(), { maxLength: 12 })
  .map((flags) => flags.map((copiesDisks, index) => ({ id: String(index), copiesDisks })));
const someLimits = fc.record({
  simultaneousMovesMax: fc.integer({ min: 1, max: 5 }),
  simultaneousStorageMovesMax: fc.integer({ min: 1, max: 5 }),
});

test("admitInOrder() never goes over a limit, and never leaves a slot empty that someone fits into", () => {
  fc.assert(
    fc.property(someClaims, someClaims, someLimits, (running, line, some) => {
      // Slots in use may be over a limit that was lowered since: then nobody starts.
      const before = countSlots(running);
      const admissions = admitInOrder(line, before, some);
      const started = line.filter(({ id }) => admissions.get(id)?.kind === "start");
      const after = countSlots([...running, ...started]);
      assert.ok(after.moves <= Math.max(before.moves, some.simultaneousMovesMax));
      assert.ok(
        after.storageMoves <= Math.max(before.storageMoves, some.simultaneousStorageMovesMax),
      );
      const left = line.filter((claim) => !started.includes(claim));
      assert.deepEqual(
        kinds(left, after, some),
        left.map(() => "wait"),
      );
    }),
  );
});
