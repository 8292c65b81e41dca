import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { acknowledged, isOverdue, noLease, promised, standingOf, watched } from "./lease.ts";
import { livedTooLongMs, type Span, type World, type WrongRules } from "./lease-model.ts";
import { clusterTimes, leaseMsLeast, leaseMsMost } from "./times.ts";

const lastMs = 120_000;

const spans: fc.Arbitrary<Span[]> = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 60_000 }), fc.integer({ min: 500, max: 40_000 })), {
    maxLength: 3,
  })
  .map((list) => list.map(([from, length]) => ({ from, to: from + length })));

/** Partitions are runs of lost messages; a slow network is a run of long delays. */
const delays = fc
  .array(
    fc.tuple(
      fc.oneof(
        { weight: 4, arbitrary: fc.integer({ min: 0, max: 200 }) },
        { weight: 2, arbitrary: fc.integer({ min: 200, max: 30_000 }) },
        { weight: 2, arbitrary: fc.constant(null) },
      ),
      fc.integer({ min: 1, max: 40 }),
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map((runs) => runs.flatMap(([delay, times]) => Array.from({ length: times }, () => delay)));

const worlds: fc.Arbitrary<World> = fc
  .record({
    leaseMs: fc.constantFrom(leaseMsLeast, 15_000),
    holderRate: fc.double({ min: 0.99, max: 1.01, noNaN: true }),
    watcherRate: fc.double({ min: 0.99, max: 1.01, noNaN: true }),
    delays,
    stands: spans,
    isKeepers: fc.boolean(),
    etcdOut: spans,
    seeEachOther: fc.boolean(),
  })
  .map(({ stands, isKeepers, ...world }) => ({
    ...world,
    keeperStands: isKeepers ? stands : [],
    agentStands: isKeepers ? [] : stands,
  }));

test("no guest lives when its host is declared dead, whatever is lost, slow, or stands still", () => {
  let declared = 0;
  fc.assert(
    fc.property(worlds, (world) => {
      const tooLongMs = livedTooLongMs(world, lastMs);
      if (tooLongMs !== null) declared += 1;
      return tooLongMs === null || tooLongMs === 0;
    }),
    { numRuns: 1_000 },
  );
  assert.ok(declared > 100, `the worlds come to a declaration often enough: ${declared}`);
});

const wrongRules: Readonly<Record<string, WrongRules>> = {
  "the lease counts from the answer": { fromAnswer: true },
  "silence counts from the question": { fromQuestion: true },
  "a host consents that reaches etcd": { alwaysConsents: true },
  "the beat is not compared": { unconditional: true },
};

for (const [what, wrong] of Object.entries(wrongRules)) {
  test(`the model finds out when ${what}`, () => {
    const { failed } = fc.check(
      fc.property(worlds, (world) => (livedTooLongMs(world, lastMs, wrong) ?? 0) === 0),
      { numRuns: 5000, endOnFailure: true, seed: 1 },
    );
    assert.ok(failed);
  });
}

test("the holder's time ends before the watcher's by what it takes to end guests, for every lease", () => {
  fc.assert(
    fc.property(fc.integer({ min: leaseMsLeast, max: leaseMsMost }), (leaseMs) => {
      const { fenceMs, killMs, beatMs, attemptMs } = clusterTimes(leaseMs);
      assert.ok((fenceMs + killMs) * 1.01 <= leaseMs * 0.99 + 1);
      assert.ok(fenceMs >= 4 * Math.max(beatMs, attemptMs), "several tries before guests end");
    }),
  );
});

test("news that is older than what is known changes nothing, and a dead lease stays dead", () => {
  const held = acknowledged(noLease, 1_000, 15_000);
  assert.equal(acknowledged(held, 500, 300_000), held);
  const dead = { ...held, dead: true };
  assert.equal(acknowledged(dead, 2_000, 15_000), dead);
  assert.equal(standingOf(dead, 1_001), "dead");
});

test("a promise keeps a silent host from being declared dead until it is over", () => {
  const seen = watched(undefined, { revision: "7", leaseMs: 10_000 }, 0);
  assert.ok(isOverdue(seen, 10_000));
  const kept = promised(seen, 9_000, 10_000);
  assert.ok(!isOverdue(kept, 18_999));
  assert.ok(isOverdue(kept, 19_000));
});
