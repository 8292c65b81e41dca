import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { someAtOnce } from "./some-at-once.ts";

test("someAtOnce() gives every result in its item's place and never does more than so many at once", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.integer({ min: 0, max: 3 })),
      async (most, turns) => {
        let running = 0;
        let highest = 0;
        const results = await someAtOnce(most, turns, async (count) => {
          running += 1;
          highest = Math.max(highest, running);
          for (let turn = 0; turn < count; turn++) await Promise.resolve();
          running -= 1;
          return count * 2;
        });
        assert.deepEqual(
          results,
          turns.map((count) => count * 2),
        );
        assert.ok(highest <= most);
      },
    ),
  );
});

test("someAtOnce() begins nothing more once one has failed", async () => {
  const begun: number[] = [];
  const work = async (item: number): Promise<void> => {
    begun.push(item);
    await Promise.resolve();
    if (item === 1) throw new Error("one failed");
  };
  await assert.rejects(someAtOnce(2, [0, 1, 2, 3, 4, 5, 6, 7], work), /one failed/);
  assert.ok(begun.length <= 4, `${begun.length} were begun`);
});
