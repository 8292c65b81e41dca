import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  after,
  blackoutMsFirst,
  type ConvergenceLimits,
  type ConvergenceState,
  decide,
  firstState,
} from "./convergence.ts";
import { type ConvergencePolicy, convergencePolicies, type RoundRecord } from "./record.ts";

const limits: ConvergenceLimits = {
  convergencePolicy: "balanced",
  blackoutMsMax: 300,
  throttlePercentMax: 99,
  stopMsMax: 10_000,
  giveUpAfterMs: 60_000,
};
const roundMs = 1000;

function round(number: number, remainingBytes: number): RoundRecord {
  return {
    number,
    startedAt: number * roundMs,
    durationMs: roundMs,
    bytesSent: 1,
    remainingBytes,
    dirtyBytesPerSecond: 180e6,
    linkBytesPerSecond: 117e6,
  };
}

/** What happens to a guest whose rest never shrinks, each kind of step once, and the state it ends in. */
function walk(
  policy: ConvergencePolicy,
  remainingBytes: number,
): { kinds: string[]; rounds: number; state: ConvergenceState } {
  const bounds = { ...limits, convergencePolicy: policy };
  let state = firstState(bounds);
  const kinds: string[] = [];
  const rounds: RoundRecord[] = [];
  for (let number = 1; number < 200; number++) {
    rounds.push(round(number, remainingBytes));
    const decision = decide(rounds, state, bounds);
    if (decision.kind !== "go-on" && kinds.at(-1) !== decision.kind) kinds.push(decision.kind);
    state = after(state, decision, number);
    if (decision.kind === "give-up" || decision.kind === "post-copy") break;
  }
  return { kinds, rounds: rounds.length, state };
}

test("decide() goes on while remaining bytes fall, whatever the policy", () => {
  const rounds = [round(1, 1000), round(2, 500), round(3, 200), round(4, 90)];
  for (const convergencePolicy of convergencePolicies) {
    const bounds = { ...limits, convergencePolicy };
    assert.deepEqual(decide(rounds, firstState(bounds), bounds), { kind: "go-on" });
  }
});

test("decide() leaves a guest alone that has nothing left to send and waits for what is on the way", () => {
  for (const policy of convergencePolicies) assert.deepEqual(walk(policy, 0).kinds, [], policy);
});

test("decide() raises the blackout limit first when remaining bytes are flat", () => {
  const decision = decide([round(3, 1000), round(4, 1000)], firstState(limits), limits);
  assert.equal(decision.kind, "blackout-limit");
});

test("decide() raises the limit step by step only where the maximum is near what the rest needs", () => {
  const raisedBy = (remainingBytes: number) => {
    const rounds = [round(3, remainingBytes), round(4, remainingBytes)];
    const decision = decide(rounds, firstState(limits), limits);
    return decision.kind === "blackout-limit" ? decision.blackoutLimitMs : undefined;
  };
  // At 117 MB/s: 0.3 s, and 1 s.
  assert.equal(raisedBy(35e6), 30);
  assert.equal(raisedBy(117e6), 300);
});

test("decide() never exceeds what is allowed, whatever the rounds bring and the policy", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 2 ** 40 }), { minLength: 200, maxLength: 200 }),
      fc.integer({ min: 10, max: 5000 }),
      fc.integer({ min: 0, max: 99 }),
      fc.constantFrom(...convergencePolicies),
      (remaining, blackoutMsMax, throttlePercentMax, convergencePolicy) => {
        const bounds = { ...limits, convergencePolicy, blackoutMsMax, throttlePercentMax };
        let state = firstState(bounds);
        const rounds: RoundRecord[] = [];
        for (const [index, bytes] of remaining.entries()) {
          rounds.push(round(index + 1, bytes));
          const decision = decide(rounds, state, bounds);
          const next = after(state, decision, index + 1);
          const limit =
            decision.kind === "stop" || state.blackoutLimitMs > blackoutMsMax
              ? bounds.stopMsMax
              : blackoutMsMax;
          assert.ok(next.blackoutLimitMs <= limit);
          assert.ok(next.throttlePercent <= throttlePercentMax);
          assert.ok(next.blackoutLimitMs >= state.blackoutLimitMs);
          assert.ok(next.throttlePercent === 0 || next.blackoutLimitMs >= blackoutMsMax);
          if (convergencePolicy === "patient") assert.equal(next.throttlePercent, 0);
          if (convergencePolicy !== "certain") assert.notEqual(decision.kind, "stop");
          if (convergencePolicy !== "post-copy") assert.notEqual(decision.kind, "post-copy");
          state = next;
        }
      },
    ),
  );
});

test("decide() gives up with the numbers when nothing is left to tighten", () => {
  const state = { blackoutLimitMs: 300, throttlePercent: 99, changedAtRound: 1 };
  const decision = decide([round(8, 1000), round(9, 1000)], state, limits);
  assert.equal(decision.kind, "give-up");
  assert.match("why" in decision ? decision.why : "", /writes 172 MiB\/s, the link carries 112/);
});

test("balanced meets every step in order: limit up to the maximum, throttle, give up", () => {
  assert.equal(firstState(limits).blackoutLimitMs, blackoutMsFirst);
  assert.deepEqual(walk("balanced", 1e9).kinds, ["blackout-limit", "throttle", "give-up"]);
});

test("patient only raises the limit, and gives up after its time", () => {
  const { kinds, rounds } = walk("patient", 1e9);
  assert.deepEqual(kinds, ["blackout-limit", "give-up"]);
  assert.equal(rounds * roundMs, limits.giveUpAfterMs);
});

test("certain stops the guest at last where the rest fits the maximum, and says what would when not", () => {
  const stopped = walk("certain", 1e9);
  assert.deepEqual(stopped.kinds.slice(0, 3), ["blackout-limit", "throttle", "stop"]);
  assert.equal(stopped.state.blackoutLimitMs, limits.stopMsMax);
  assert.deepEqual(walk("certain", 2e9).kinds, ["blackout-limit", "throttle", "give-up"]);
});

test("post-copy allows the whole blackout once and then switches, within a few rounds", () => {
  const { kinds, rounds, state } = walk("post-copy", 1e9);
  assert.deepEqual(kinds, ["blackout-limit", "post-copy"]);
  assert.ok(rounds <= 5);
  assert.equal(state.throttlePercent, 0);
});
