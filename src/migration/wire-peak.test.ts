import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { WirePeak } from "./wire-peak.ts";

test("the peak is the best quarter of a second, not the mean", () => {
  const peak = new WirePeak();
  let bytes = 0;
  let best = 0;
  for (let at = 0; at <= 2000; at += 50) {
    best = peak.seen(at, bytes);
    bytes += at >= 1000 && at < 1300 ? 5_000_000 : 1_000_000;
  }
  assert.equal(best, 100_000_000);
});

test("it never shrinks, is never more than was ever seen, and not known before a window is full", () => {
  const step = fc.record({ ms: fc.integer({ min: 1, max: 200 }), bytes: fc.nat(1e8) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (moved) => {
      const peak = new WirePeak();
      let at = 0;
      let bytes = 0;
      let best = peak.seen(at, bytes);
      let fastest = 0;
      for (const { ms, bytes: more } of moved) {
        at += ms;
        bytes += more;
        fastest = Math.max(fastest, (more / ms) * 1000);
        const next = peak.seen(at, bytes);
        assert.ok(next >= best && next <= Math.ceil(fastest));
        if (at < 250) assert.equal(next, 0);
        best = next;
      }
    }),
  );
});
