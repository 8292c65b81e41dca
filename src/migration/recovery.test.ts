import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Decision,
  decisions,
  matches,
  ownerRecords,
  qemuStates,
  qemuStatesThere,
  recordsHere,
  recordsThere,
  type RecoveryFacts,
} from "./recovery-facts.ts";
import { decideRecovery } from "./recovery.ts";
import { impossibilities } from "./recovery-impossible.ts";
import { recoveryRows } from "./recovery-table.ts";

function* product(): Generator<RecoveryFacts> {
  for (const here of recordsHere)
    for (const there of recordsThere)
      for (const qemuHere of qemuStates)
        for (const qemuThere of qemuStatesThere)
          for (const owner of ownerRecords) yield { here, there, qemuHere, qemuThere, owner };
}

const said = (facts: RecoveryFacts): string => Object.values(facts).join(", ");
const possible = [...product()].filter((facts) => !impossibilities.some((r) => matches(r, facts)));

test("exactly one row holds for every input that is possible", (t) => {
  const wrong = possible
    .map((facts) => ({ facts, rows: recoveryRows.filter((row) => matches(row, facts)).length }))
    .filter(({ rows }) => rows !== 1)
    .map(({ facts, rows }) => `${said(facts)}: ${rows} rows`);
  assert.deepEqual(wrong, []);
  const all = [...product()].length;
  t.diagnostic(`${all} inputs: ${possible.length} possible, ${all - possible.length} impossible`);
});

test("every row and every impossibility is about some input", () => {
  for (const row of recoveryRows)
    assert.ok(
      possible.some((facts) => matches(row, facts)),
      row.why,
    );
  for (const rule of impossibilities) {
    assert.ok(
      [...product()].some((facts) => matches(rule, facts)),
      rule.reason,
    );
  }
});

test("contradicting facts let nothing run and destroy nothing", () => {
  for (const facts of product()) {
    if (!impossibilities.some((rule) => matches(rule, facts))) continue;
    assert.equal(decideRecovery(facts).decision, "ask a person");
  }
});

const letsRun: readonly Decision[] = ["run on source", "take", "finish on target", "hold"];
const destroys: readonly Decision[] = ["remove the remains", "discard", "give way"];

test("no decision lets a guest run here while the other host's copy runs, but by a person's word", () => {
  for (const facts of possible) {
    const { decision } = decideRecovery(facts);
    if (facts.qemuThere === "running" && letsRun.includes(decision)) {
      assert.ok(decision === "hold" || facts.there === "reclaimed", said(facts));
    }
  }
});

test("what may be the only copy that can run is never destroyed", () => {
  // Whatever the other host said, the same row also holds when it says so without a QEMU: what it says must be enough.
  const heldThere = ["begun", "rolled-back", "taken", "owner", "claimed", "reclaimed", "finished"];
  for (const facts of possible) {
    const { decision } = decideRecovery(facts);
    if (!destroys.includes(decision)) continue;
    const neverOurs =
      facts.here === "accepted" || facts.here === "making" || facts.here === "taken";
    const named = ["source", "target", "elsewhere"].includes(facts.owner);
    assert.ok(neverOurs || named || heldThere.includes(facts.there), `${decision}: ${said(facts)}`);
  }
});

test("two hosts that see each other never both let the guest run", () => {
  for (const facts of possible) {
    if (facts.there === "silent" || facts.there === "none" || facts.there === "finished") continue;
    if (facts.qemuThere === "unknown" || facts.owner === "silent") continue;
    if (facts.here === "discarded" || facts.there === "discarded") continue;
    const mirrored: RecoveryFacts = {
      ...{ here: facts.there, there: facts.here, owner: facts.owner },
      ...{ qemuHere: facts.qemuThere, qemuThere: facts.qemuHere },
    };
    const both = [decideRecovery(facts).decision, decideRecovery(mirrored).decision];
    assert.ok(!both.every((decision) => letsRun.includes(decision)), said(facts));
  }
});

test("every decision is made by some row, and every row's decision is explained", () => {
  const made = new Set(recoveryRows.map(({ decision }) => decision));
  assert.deepEqual([...made].toSorted(), Object.keys(decisions).toSorted());
});
