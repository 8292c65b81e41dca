import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { shutdownPolicies } from "../vm/shutdown-policy.ts";
import { type VmRecord, vmStates } from "../vm/vm-host.ts";
import type { DrainPlan } from "./drain-plan.ts";
import { divideTime, nextStep, planShutdown, policyOf, powerOffAt } from "./host-shutdown-plan.ts";

type Present = Parameters<typeof planShutdown>[1][number];

const policy = fc.constantFrom(...shutdownPolicies);
const vmState = fc.constantFrom(...vmStates);
const ownership = fc.constantFrom<VmRecord["ownership"][]>("owner", "incoming", "handed-over");
const migration = fc.constantFrom(null, "m1");

function present(id: string, change: Partial<Present> = {}): Present {
  const definition = { id, name: `vm-${id}` } as VmRecord["definition"];
  return { definition, ownership: "owner", state: "running", migration: null, ...change };
}

const nothing: DrainPlan = { moves: [], stays: [] };
const nobody = (): boolean => false;

test("only what this host owns and what runs is ever touched, and nothing that a migration holds", () => {
  fc.assert(
    fc.property(policy, vmState, ownership, migration, (of, state, belongs, held) => {
      const step = nextStep(present("a", { state, ownership: belongs, migration: held }), of);
      const acts = step === "shut-down" || step === "power-off";
      if (acts) assert.ok(belongs === "owner" && (state === "running" || state === "paused"));
      if (held !== null) assert.ok(!acts);
      if (of === "power-off") assert.notEqual(step, "shut-down");
      // A guest that hears is asked, unless the policy is to cut.
      if (acts && of !== "power-off" && state === "running") assert.equal(step, "shut-down");
    }),
  );
});

test("every VM that runs is in the plan exactly once, and moves only where the drain says", () => {
  const vms = fc.uniqueArray(
    fc.record({ id: fc.uuid(), state: vmState, moves: fc.boolean(), of: policy }),
    { selector: ({ id }) => id, maxLength: 8 },
  );
  fc.assert(
    fc.property(vms, (given) => {
      const records = given.map(({ id, state }) => present(id, { state }));
      const leaving = given.filter(({ moves }) => moves);
      const drain: DrainPlan = {
        moves: leaving.map(({ id }) => ({
          ...{ vm: { id, name: id }, target: "host-b" },
          ...{ memoryBytes: 1, diskBytes: 0, warnings: 0 },
        })),
        stays: [],
      };
      const policies = new Map(given.map(({ id, of }) => [id, of]));
      const ofVm = ({ definition }: Present) => policies.get(definition.id) ?? "move";
      const ends = planShutdown(ofVm, records, drain, nobody);
      const running = records.filter((vm) => nextStep(vm, ofVm(vm)) !== "none");
      assert.deepEqual(
        ends.map(({ vm }) => vm.id).toSorted(),
        running.map(({ definition }) => definition.id).toSorted(),
      );
      for (const { vm, target } of ends) {
        assert.equal(
          target !== null,
          leaving.some(({ id }) => id === vm.id),
        );
      }
    }),
  );
});

test("a VM's own policy goes before the host's, but not before what a person says for all this once", () => {
  const vm = { definition: { atHostShutdown: "power-off" } as VmRecord["definition"] };
  assert.equal(policyOf(vm, "move", true), "power-off");
  assert.equal(policyOf(vm, "move", false), "move");
  assert.equal(policyOf(present("a"), "shutdown", true), "shutdown");
});

test("the plan says why a VM does not move, and why a guest that stands still loses its power", () => {
  const stays = [{ vm: { id: "a", name: "vm-a" }, reason: "no other host takes moves" }];
  const records = [
    present("a"),
    present("b", { state: "paused" }),
    present("c", { migration: "m" }),
  ];
  const ends = planShutdown(
    () => "move",
    records,
    { ...nothing, stays },
    (id) => id === "a",
  );
  assert.deepEqual(
    ends.map(({ does, target, clustered, reason }) => ({ does, target, clustered, reason })),
    [
      { does: "shut-down", target: null, clustered: true, reason: "no other host takes moves" },
      {
        ...{ does: "power-off", target: null, clustered: false },
        reason: "it is paused: its guest hears nothing",
      },
      { does: "move", target: null, clustered: false, reason: "it is being moved already" },
    ],
  );
});

test("however the time is divided, moves end before guests lose their power, and that before the whole is over", () => {
  const anyTime = fc.integer({ min: 30_000, max: 1_500_000 });
  fc.assert(
    fc.property(anyTime, fc.integer({ min: 1_000, max: 1_200_000 }), (withinMs, guestMs) => {
      const { movesUntil, guestsUntil, until } = divideTime(1000, withinMs, guestMs);
      assert.equal(until, 1000 + withinMs);
      assert.ok(1000 < movesUntil && movesUntil < guestsUntil && guestsUntil < until);
      assert.ok(guestsUntil - movesUntil <= guestMs);
      // Also where every move ends at once.
      for (const asked of [1000, movesUntil, guestsUntil]) {
        const cut = powerOffAt(asked, guestsUntil, guestMs);
        assert.ok(cut <= guestsUntil && cut - asked <= guestMs);
      }
    }),
  );
});
