/** The rows of the recovery table for a VM that the cluster gave away anew while it moved (docs/decisions/0183). Pure. */
import type { RecoveryRow } from "./recovery-facts.ts";

const why =
  "A host died in this move, and the cluster gave the VM away anew: no half of the move counts any more";

export const givenAnew: readonly RecoveryRow[] = [
  {
    here: ["begun", "rolled-back", "handed-over", "taken", "reclaimed", "owner", "claimed"],
    owner: ["elsewhere"],
    decision: "give way",
    why,
  },
  { here: ["accepted", "making", "ready"], owner: ["elsewhere"], decision: "discard", why },
];
