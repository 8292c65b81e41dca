import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TokenBucket } from "./token-bucket.ts";

test("without a limit nothing waits", () => {
  const bucket = new TokenBucket();
  bucket.take(1e12, 0);
  assert.equal(bucket.wait(0), 0);
});

test("over any time the limit holds, but for the one frame that stands out and a short burst", () => {
  const rate = fc.integer({ min: 10_000, max: 1_000_000_000 });
  fc.assert(
    fc.property(rate, fc.array(fc.integer({ min: 1, max: 262_144 })), (bytesPerSecond, frames) => {
      const bucket = new TokenBucket();
      bucket.limit(bytesPerSecond, 0);
      let now = 0;
      let sent = 0;
      for (const bytes of frames) {
        now += bucket.wait(now);
        bucket.take(bytes, now);
        sent += bytes;
        assert.ok(sent <= ((now + 20) * bytesPerSecond) / 1000 + 262_144 + 1);
      }
    }),
  );
});

test("a lifted limit lets everything go at once", () => {
  const bucket = new TokenBucket();
  bucket.limit(1000, 0);
  bucket.take(100_000, 0);
  assert.ok(bucket.wait(0) > 0);
  bucket.limit(0, 0);
  assert.equal(bucket.wait(0), 0);
});
