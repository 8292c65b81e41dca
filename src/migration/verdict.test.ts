import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConvergenceLimits } from "./convergence.ts";
import type { RoundRecord } from "./record.ts";
import { judge } from "./verdict.ts";

const limits: ConvergenceLimits = {
  convergencePolicy: "balanced",
  blackoutMsMax: 300,
  throttlePercentMax: 99,
  stopMsMax: 10_000,
  giveUpAfterMs: 60_000,
};

const round = (number: number, more: Partial<RoundRecord> = {}): RoundRecord => ({
  ...{ number, startedAt: 0, durationMs: 1000, bytesSent: 1, remainingBytes: 1e9 },
  ...{ dirtyBytesPerSecond: 180 * 1024 ** 2, linkBytesPerSecond: 117 * 1024 ** 2 },
  ...more,
});

test("judge() says nothing after the first round and the numbers after the second", () => {
  assert.equal(judge([round(1)], limits, "m"), undefined);
  const verdict = judge([round(1), round(2)], limits, "m");
  assert.equal(verdict?.converges, false);
  assert.equal(verdict.message, "will not converge: writes 180 MiB/s, link 117 MiB/s");
  assert.deepEqual(verdict.options, [
    "policy balanced slows the guest down step by step, then gives up",
    "slow the guest down now: ferry migration throttle m --percent 48",
    "stop the guest for the rest now: it stands still for about 8.2 s: ferry migration switch-now m",
    "give the move up: ferry migration cancel m",
    "move again with --convergence post-copy, or over a faster network",
  ]);
});

test("judge() offers no throttling to a patient move", () => {
  const verdict = judge([round(1), round(2)], { ...limits, convergencePolicy: "patient" }, "m");
  assert.ok(verdict?.options.every((option) => !option.includes("throttle")));
});

test("judge() trusts a link that is faster than the guest, and a rest that fits the blackout", () => {
  const slow = round(2, { dirtyBytesPerSecond: 1e6 });
  assert.equal(judge([round(1), slow], limits, "m")?.converges, true);
  const small = round(2, { remainingBytes: 1e6 });
  assert.deepEqual(judge([round(1), small], limits, "m")?.options, []);
});

test("judge() expects nothing bad of a guest with nothing left to send, and proposes no number that is none", () => {
  const still = { dirtyBytesPerSecond: 0, linkBytesPerSecond: 0 };
  const done = judge([round(1), round(2, { ...still, remainingBytes: 0 })], limits, "m");
  assert.deepEqual([done?.converges, done?.stopMs], [true, 0]);
  const stuck = judge([round(1), round(2, still)], limits, "m");
  assert.match(stuck?.options[1] ?? "", /--percent 1$/);
});
