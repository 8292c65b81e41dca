import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { policyAmong } from "./entering.ts";
import { hasLeftBefore, ownerAsSeen } from "./passages.ts";
import type { VmRecord } from "./records.ts";

const record = (generation: number, left: VmRecord["left"]): VmRecord =>
  ({ generation, left }) as VmRecord;

test("a target outside takes a VM only when the record says that it has left with the generation that the move gives", () => {
  const left = { from: "a", to: "b" };
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), (before, now) => {
      assert.equal(
        ownerAsSeen(record(now, left), before) === "target",
        now === before + 1,
        "with the mark",
      );
      const inside = ownerAsSeen(record(now, null), before);
      assert.equal(inside, now === before ? "source" : "elsewhere");
    }),
  );
  assert.equal(ownerAsSeen(undefined, 1), "journal");
});

test("a record that says that the VM left tells of the move that took it, and of no later one; another owner's stays the last word", () => {
  // The VM of generation 4 leaves: the record says 5. It comes back with 6, and leaves again before the cluster's record follows.
  const old = record(5, { from: "a", to: "b" });
  assert.equal(ownerAsSeen(old, 4), "target");
  assert.equal(ownerAsSeen(old, 6), "journal");
  assert.ok(hasLeftBefore(old, 6));
  assert.ok(!hasLeftBefore(old, 5));
  assert.equal(ownerAsSeen(record(5, null), 6), "elsewhere");
  assert.ok(!hasLeftBefore(record(5, null), 6));
});

test("a policy comes along without the hosts that the other cluster does not have; none left means any", () => {
  const policy = { priority: "high" as const, apart: ["db"] };
  assert.deepEqual(
    policyAmong({ ...policy, preferredHosts: ["x", "a"], possibleHosts: ["a", "y"] }, ["a", "b"]),
    { ...policy, preferredHosts: ["a"], possibleHosts: ["a"] },
  );
  assert.equal(
    policyAmong({ ...policy, preferredHosts: [], possibleHosts: ["y"] }, ["a"]).possibleHosts,
    null,
  );
});
