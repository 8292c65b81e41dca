import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Restarts, restartsMax, restartsWithinMs } from "./restarts.ts";

test("a VM is never started more often than that within that time, and starts again afterwards", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: restartsWithinMs }), { maxLength: 40 }),
      (gaps) => {
        const restarts = new Restarts();
        const started: number[] = [];
        let now = 0;
        for (const gap of gaps) {
          now += gap;
          if (restarts.count("web01", now)) started.push(now);
          const recent = started.filter((at) => at > now - restartsWithinMs);
          assert.ok(recent.length <= restartsMax);
        }
        assert.ok(restarts.count("web01", now + restartsWithinMs));
      },
    ),
  );
});

test("one that was given to this host anew begins anew, and others do not matter", () => {
  const restarts = new Restarts();
  for (let turn = 0; turn < restartsMax; turn++) assert.ok(restarts.count("web01", 1));
  assert.ok(!restarts.count("web01", 2));
  assert.ok(restarts.count("db01", 2));
  restarts.forget("web01");
  assert.ok(restarts.count("web01", 2));
});
