/**
 * What a host does about a migration that is not over: after a crash of anything, and whenever the other host has to be asked. Pure;
 * the rows are recovery-table.ts, what carries them out is recovery-run.ts, and docs/recovery.md is rendered from them.
 */
import { matches, type Recovery, type RecoveryFacts } from "./recovery-facts.ts";
import { impossibilities } from "./recovery-impossible.ts";
import { recoveryRows } from "./recovery-table.ts";

/** Facts that contradict each other are a person's: nothing runs because of them. */
export function decideRecovery(facts: RecoveryFacts): Recovery {
  const contradiction = impossibilities.find((rule) => matches(rule, facts));
  if (contradiction !== undefined) return { decision: "ask a person", why: contradiction.reason };
  const row = recoveryRows.find((candidate) => matches(candidate, facts));
  return row ?? { decision: "ask a person", why: "No row of the table is about this" };
}
