import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type MirrorPass, nextPass } from "./mirror-pace.ts";

const MiB = 2 ** 20;

/** Copies `rate` a step while a guest makes `written` more to copy, until it is over, outrun, or a thousand steps are done. */
function copy(bytes: number, rate: number, written: number): "copied" | "outrun" | "endless" {
  let pass: MirrorPass | undefined;
  let [copied, rest] = [0, bytes];
  for (let step = 0; step < 1000; step++) {
    const next = nextPass(pass, { copiedBytes: copied, totalBytes: copied + rest });
    if (next === "outrun") return next;
    pass = next;
    const done = Math.min(rate, rest);
    copied += done;
    rest += written - done;
    if (rest <= written) return "copied";
  }
  return "endless";
}

test("a guest that writes faster than its disk is copied is found out, and the copy is never endless", () => {
  const size = fc.integer({ min: 64 * MiB, max: 1024 * MiB });
  const rate = fc.integer({ min: 4 * MiB, max: 64 * MiB });
  fc.assert(
    fc.property(size, rate, fc.double({ min: 0, max: 4, noNaN: true }), (bytes, copied, share) => {
      const outcome = copy(bytes, copied, Math.round(copied * share));
      assert.notEqual(outcome, "endless");
      if (share > 1) assert.equal(outcome, "outrun");
    }),
  );
});

test("one that writes a little is left to write on", () => {
  assert.equal(copy(1024 * MiB, 64 * MiB, 8 * MiB), "copied");
  assert.equal(copy(1024 * MiB, 64 * MiB, 0), "copied");
  assert.equal(nextPass(undefined, { copiedBytes: 0, totalBytes: 0 }), undefined);
});
