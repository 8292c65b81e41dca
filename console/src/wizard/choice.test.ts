import assert from "node:assert/strict";
import { test } from "node:test";
import Value from "typebox/value";
import fc from "fast-check";
import { MigrationOptions } from "../../../src/migration/record.ts";
import { type Choice, choiceOf, firstChoice, isComplete, kinds, optionsOf } from "./choice.ts";

const choice: fc.Arbitrary<Choice> = fc.record({
  kind: fc.constantFrom(...kinds),
  vms: fc.array(fc.constantFrom("web01", "db01"), { maxLength: 2 }),
  target: fc.constantFrom(undefined, "host-b"),
  pool: fc.constantFrom("", "local"),
  performance: fc.constantFrom("", "tcp", "compression", "multichannel", "rdma"),
  convergencePolicy: fc.constantFrom("", "patient", "balanced", "certain", "post-copy"),
  bandwidthMbit: fc.constantFrom("", "8", "1000", "-3", "much"),
  blackoutMs: fc.constantFrom("", "10", "300", "soon"),
  priority: fc.constantFrom("low", "normal", "high"),
  ...{ verifyMemory: fc.boolean(), eject: fc.boolean(), leaveCluster: fc.boolean() },
  ...{ enterCluster: fc.boolean(), keepSourceDisks: fc.boolean() },
  ...{ keepPartial: fc.boolean(), resume: fc.boolean() },
  further: fc.constantFrom({}, { stopMsMax: 60_000 }, { giveUpAfterMs: 60_000 }),
});

test("whatever is chosen, the agent's schema takes the options made of it", () => {
  fc.assert(
    fc.property(choice, (chosen) => assert.ok(Value.Check(MigrationOptions, optionsOf(chosen)))),
  );
});

test("what nobody touched follows the host's settings", () => {
  assert.deepEqual(optionsOf(firstChoice), {});
});

test("disks are copied only when that was asked for", () => {
  fc.assert(
    fc.property(choice, (chosen) => {
      assert.equal(optionsOf(chosen).withStorage === true, chosen.kind === "with-disks");
    }),
  );
});

test("a step is complete when the next has what it needs", () => {
  assert.ok(!isComplete("what", firstChoice));
  assert.ok(!isComplete("where", { ...firstChoice, vms: ["web01"] }));
  assert.ok(isComplete("where", { ...firstChoice, vms: ["web01"], target: "host-b" }));
  assert.ok(!isComplete("where", { ...firstChoice, kind: "disks-only", target: "host-b" }));
});

test("a saved report leads back to the choice it was made of", () => {
  fc.assert(
    fc.property(choice, (chosen) => {
      const options = optionsOf({ ...chosen, kind: chosen.kind === "vm" ? "vm" : "with-disks" });
      const report = { vm: { id: "1", name: "web01" }, source: "host-a", target: "host-b" };
      const rest = { possible: true, findings: [], disks: [], checkedAt: 0 };
      const again = choiceOf({ ...report, ...rest, options });
      assert.deepEqual(optionsOf(again), options);
      assert.deepEqual([again.vms, again.target], [["web01"], "host-b"]);
    }),
  );
});
