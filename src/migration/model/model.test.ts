/** The model of the protocol: every crash at every step, decided by the product's own table. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Decision, RecoveryFacts } from "../recovery-facts.ts";
import { decideRecovery } from "../recovery.ts";
import { allSteps, explore, isSettled, repairSteps, violation } from "./explore.ts";
import { firstWorld, type World } from "./state.ts";

test("with three faults and a person's word, in every state there is one VM, and every repair settles", (t) => {
  const { states, steps, bad, stuck } = explore(firstWorld(3, 1));
  assert.equal(bad, undefined, `${bad?.why}: ${bad?.path.join("; ")}`);
  assert.equal(stuck, undefined, `never settles: ${stuck?.join("; ")}`);
  t.diagnostic(`${states} states and ${steps} steps visited, all there are`);
});

/** Tables with one row wrong each. */
const wrongTables: Readonly<Record<string, (facts: RecoveryFacts) => Decision | undefined>> = {
  "a ready target that takes what a silent source may keep": ({ here, there }) =>
    here === "ready" && there === "silent" ? "take" : undefined,
  "a source that goes on after the handover because the target is silent": ({ here, there }) =>
    here === "handed-over" && there === "silent" ? "run on source" : undefined,
  "a ready target that discards because the source is silent": ({ here, there }) =>
    here === "ready" && there === "silent" ? "discard" : undefined,
  "a source that removes its copy before the target has it": ({ here, there }) =>
    here === "handed-over" && there === "ready" ? "remove the remains" : undefined,
  "a target that takes what the source took back": ({ here, there }) =>
    here === "ready" && there === "rolled-back" ? "take" : undefined,
  "a source that waits for ever with a target that denies": ({ here, there }) =>
    here === "handed-over" && there === "owner" ? "wait for the peer" : undefined,
};

for (const [what, row] of Object.entries(wrongTables)) {
  test(`the model finds out ${what}`, () => {
    const { bad, stuck } = explore(firstWorld(2, 0), (facts) => {
      const decision = row(facts);
      return decision === undefined ? decideRecovery(facts) : { decision, why: "a wrong row" };
    });
    assert.ok(bad !== undefined || stuck !== undefined);
  });
}

/** One of the steps that are possible, as `choice` says. */
function chosen(steps: ReturnType<typeof allSteps>, choice: number): World | undefined {
  return steps[choice % Math.max(1, steps.length)]?.next;
}

test("beyond: any number of faults in any order keep one VM, and then it settles", () => {
  const choices = fc.array(fc.nat({ max: 1 << 20 }), { maxLength: 120 });
  fc.assert(
    fc.property(choices, choices, (breaking, mending) => {
      let world = firstWorld(40, 3);
      for (const choice of breaking) {
        world = chosen(allSteps(world), choice) ?? world;
        assert.equal(violation(world), undefined);
      }
      for (const choice of mending) {
        world = chosen(repairSteps(world), choice) ?? world;
        assert.equal(violation(world), undefined);
      }
      assert.ok(settles({ ...world, faults: 0, words: 0 }), JSON.stringify(world));
    }),
    { numRuns: 1_000 },
  );
});

function settles(world: World): boolean {
  const { stuck, bad } = explore(world);
  return bad === undefined && stuck === undefined;
}

test("without a fault the move ends on the target, or, given up, on the source", () => {
  const ends = new Set<string>();
  const seen = new Set<string>();
  const waiting: World[] = [firstWorld(0, 0)];
  for (let world = waiting.pop(); world !== undefined; world = waiting.pop()) {
    const key = JSON.stringify(world);
    if (seen.has(key)) continue;
    seen.add(key);
    if (isSettled(world))
      ends.add(
        `${world.source.journal} ${world.target.journal} ${world.source.qemu} ${world.target.qemu}`,
      );
    waiting.push(...repairSteps(world).map(({ next }) => next));
  }
  assert.deepEqual([...ends].toSorted(), [
    "rolled-back discarded running none",
    "rolled-back null running none",
    "taken owner none running",
  ]);
});
