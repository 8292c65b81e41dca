import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { policyAmong } from "./entering.ts";
import { ownerAsSeen } from "./passages.ts";
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
