import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { after, blackoutMsFirst, decide, firstState } from "./convergence.ts";
import type { RoundRecord } from "./record.ts";

const limits = { blackoutMsMax: 300, throttlePercentMax: 99 };

function round(number: number, remainingBytes: number): RoundRecord {
  return {
    number,
    startedAt: 0,
    durationMs: 100,
    bytesSent: 1,
    remainingBytes,
    dirtyBytesPerSecond: 180e6,
    linkBytesPerSecond: 117e6,
  };
}

test("decide() goes on while remaining bytes fall", () => {
  const rounds = [round(1, 1000), round(2, 500), round(3, 200), round(4, 90)];
  assert.deepEqual(decide(rounds, firstState(limits), limits), { kind: "go-on" });
});

test("decide() raises the blackout limit first when remaining bytes are flat", () => {
  const decision = decide([round(3, 1000), round(4, 1000)], firstState(limits), limits);
  assert.equal(decision.kind, "raise-limit");
});

test("decide() never exceeds the host's maxima and ends, whatever the rounds bring", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 2 ** 40 }), { minLength: 200, maxLength: 200 }),
      fc.integer({ min: 10, max: 5000 }),
      fc.integer({ min: 0, max: 99 }),
      (remaining, blackoutMsMax, throttlePercentMax) => {
        const bounds = { blackoutMsMax, throttlePercentMax };
        let state = firstState(bounds);
        const rounds: RoundRecord[] = [];
        for (const [index, bytes] of remaining.entries()) {
          rounds.push(round(index + 1, bytes));
          const decision = decide(rounds, state, bounds);
          const next = after(state, decision, index + 1);
          assert.ok(next.blackoutLimitMs <= blackoutMsMax);
          assert.ok(next.throttlePercent <= throttlePercentMax);
          assert.ok(next.blackoutLimitMs >= state.blackoutLimitMs);
          assert.ok(next.throttlePercent === 0 || next.blackoutLimitMs === blackoutMsMax);
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
  assert.match(
    "why" in decision ? decision.why : "",
    /writes 171\.7 MiB\/s, the link carries 111\.6/,
  );
});

test("a flat writer meets every step in order: limit up to the maximum, throttle, give up", () => {
  let state = firstState(limits);
  assert.equal(state.blackoutLimitMs, blackoutMsFirst);
  const kinds: string[] = [];
  const rounds: RoundRecord[] = [];
  for (let number = 1; number < 100; number++) {
    rounds.push(round(number, 1000));
    const decision = decide(rounds, state, limits);
    if (decision.kind !== "go-on" && kinds.at(-1) !== decision.kind) kinds.push(decision.kind);
    state = after(state, decision, number);
    if (decision.kind === "give-up") break;
  }
  assert.deepEqual(kinds, ["raise-limit", "throttle", "give-up"]);
});
