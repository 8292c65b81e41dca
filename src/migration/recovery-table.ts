/**
 * Recovery as data: the rows. Each says for which facts it is and what is decided; an absent column stands for every value. Over all facts
 * that recovery-impossible.ts leaves, exactly one row holds (recovery.test.ts walks the whole product). Pure.
 */
import type { RecordThere, RecoveryRow } from "./recovery-facts.ts";
import { givenAnew } from "./recovery-given-anew.ts";

/** What a target may say that has not taken the VM. */
const notTaken = [
  "silent",
  "none",
  "accepted",
  "making",
  "ready",
  "discarded",
  "finished",
] as const satisfies readonly RecordThere[];
const alive = ["paused", "running"] as const;
const undecided = ["begun", "rolled-back"] as const;

export const recoveryRows: readonly RecoveryRow[] = [
  ...givenAnew,
  // ---- the source, before the handover ----
  {
    here: undecided,
    there: notTaken,
    qemuHere: alive,
    owner: ["journal", "source"],
    decision: "run on source",
    why: "Nothing was handed over: the VM is the source's, whatever the target has loaded",
  },
  {
    here: undecided,
    there: notTaken,
    qemuHere: ["none"],
    owner: ["journal", "source"],
    decision: "keep on source",
    why: "Nothing was handed over, and the source's QEMU is gone with the guest's memory",
  },
  {
    here: undecided,
    there: ["claimed"],
    owner: ["journal"],
    decision: "give way",
    why: "A person said that this host is dead, and the target took the VM with a newer generation",
  },
  {
    here: ["begun"],
    there: ["silent", "ready", "owner", "claimed"],
    qemuHere: ["none", "paused"],
    owner: ["target"],
    decision: "hand over",
    why: "The swap of the owner's record went through before the journal could say so",
  },
  {
    here: ["begun"],
    there: ["silent", "ready", "owner", "claimed"],
    qemuHere: ["running"],
    owner: ["target"],
    decision: "give way",
    why: "The guest was never stopped for a handover, and the cluster gave the VM to the target since",
  },
  {
    here: ["rolled-back"],
    owner: ["target"],
    decision: "give way",
    why: "The source had given the move up, and the cluster gave the VM to the target since",
  },
  {
    here: undecided,
    there: [...notTaken, "owner", "claimed"],
    owner: ["silent"],
    decision: "wait for the owner record",
    why: "Whether the swap went through can't be known from here",
  },
  // ---- the source, after the handover ----
  {
    here: ["handed-over"],
    there: ["ready", "silent"],
    owner: ["journal", "target", "silent"],
    decision: "insist on take",
    why: "The VM is the target's, which has not said that it knows",
  },
  {
    here: ["handed-over"],
    there: ["owner", "claimed", "finished"],
    owner: ["journal", "target", "silent"],
    decision: "remove the remains",
    why: "The target has the VM",
  },
  {
    here: ["handed-over"],
    there: ["none", "discarded"],
    owner: ["journal", "target", "silent"],
    decision: "ask a person",
    why: "The VM was handed over, and the target denies having it; the paused guest is still here",
  },
  {
    here: ["handed-over"],
    owner: ["source"],
    decision: "take back",
    why: "The owner's record was given back to the source before the journal could say so",
  },
  {
    here: ["taken"],
    owner: ["journal", "target", "silent"],
    decision: "remove the remains",
    why: "The target confirmed that it has the VM",
  },
  {
    here: ["reclaimed"],
    there: ["silent", "accepted", "making", "ready", "owner", "finished"],
    owner: ["journal", "source", "silent"],
    decision: "hold",
    why: "A person said that the target is dead; if it is not, it must hear that it owns nothing",
  },
  {
    here: ["reclaimed"],
    there: ["none", "discarded"],
    qemuHere: ["paused"],
    owner: ["journal", "source", "silent"],
    decision: "hold",
    why: "The target's copy is gone, and this one may not have been let run yet",
  },
  {
    here: ["reclaimed"],
    there: ["none", "discarded"],
    qemuHere: ["none", "running"],
    owner: ["journal", "source", "silent"],
    decision: "finish",
    why: "The target's copy is gone",
  },
  {
    here: ["reclaimed"],
    there: ["claimed"],
    owner: ["journal", "source", "silent"],
    decision: "ask a person",
    why: "Each host was told that the other is dead, and each took the VM",
  },
  // ---- the target, before it is ready ----
  {
    here: ["accepted", "making"],
    there: ["silent", "none", "begun", "rolled-back", "reclaimed", "discarded", "finished"],
    owner: ["journal", "source", "silent"],
    decision: "discard",
    why: "A source can't hand over to a target that was never ready",
  },
  // ---- the target, ready ----
  {
    here: ["ready"],
    there: ["handed-over"],
    owner: ["journal", "target"],
    decision: "take",
    why: "The VM is this host's",
  },
  {
    here: ["ready"],
    there: ["begun", "silent", "none"],
    owner: ["target"],
    decision: "take",
    why: "The owner's record names this host, whatever the source knows",
  },
  {
    here: ["ready"],
    there: ["rolled-back", "reclaimed", "finished"],
    owner: ["journal", "source", "silent"],
    decision: "discard",
    why: "The source keeps the VM",
  },
  {
    here: ["ready"],
    there: ["begun", "silent"],
    owner: ["journal", "source"],
    decision: "wait for the peer",
    why: "Only the source knows whether it handed over just before it fell silent",
  },
  {
    here: ["ready"],
    there: ["none"],
    owner: ["journal", "source"],
    decision: "ask a person",
    why: "The source has lost its journal, and with it the only word that could let this copy run",
  },
  {
    here: ["ready"],
    there: ["handed-over"],
    owner: ["source"],
    decision: "wait for the peer",
    why: "The source is taking the VM back",
  },
  {
    here: ["ready"],
    there: ["begun", "silent", "none", "handed-over"],
    owner: ["silent"],
    decision: "wait for the owner record",
    why: "Without the record nothing changes hands",
  },
  // ---- the target, as the owner ----
  {
    here: ["owner"],
    there: ["handed-over", "taken", "finished", "silent", "none"],
    qemuHere: alive,
    owner: ["journal", "target", "silent"],
    decision: "finish on target",
    why: "The VM is this host's; its guest may not have been let run yet",
  },
  {
    here: ["owner"],
    there: ["begun"],
    qemuHere: alive,
    owner: ["target"],
    decision: "finish on target",
    why: "The VM is this host's; the source has yet to write what the owner's record says",
  },
  {
    here: ["owner"],
    there: ["handed-over", "taken", "finished", "silent", "none"],
    qemuHere: ["none"],
    owner: ["journal", "target", "silent"],
    decision: "keep on target",
    why: "The VM is this host's, and its QEMU is gone with the guest's memory",
  },
  {
    here: ["owner"],
    there: ["begun"],
    qemuHere: ["none"],
    owner: ["target"],
    decision: "keep on target",
    why: "The VM is this host's, and its QEMU is gone; the source has yet to write what the owner's record says",
  },
  {
    here: ["owner"],
    there: ["reclaimed"],
    owner: ["journal", "source", "silent"],
    decision: "give way",
    why: "A person said that this host is dead, and the source took the VM back with a newer generation",
  },
  {
    here: ["owner"],
    there: ["handed-over", "silent", "none"],
    owner: ["source"],
    decision: "give way",
    why: "The owner's record was given back to the source",
  },
  {
    here: ["owner"],
    there: ["begun"],
    owner: ["silent"],
    decision: "wait for the owner record",
    why: "The source has yet to write what the owner's record said when the VM was taken",
  },
  {
    here: ["claimed"],
    there: ["silent", "begun", "rolled-back", "handed-over"],
    owner: ["journal", "target", "silent"],
    decision: "hold",
    why: "A person said that the source is dead; if it is not, it must hear that it owns nothing",
  },
  {
    here: ["claimed"],
    there: ["none", "discarded", "taken", "finished"],
    qemuHere: ["paused"],
    owner: ["journal", "target", "silent"],
    decision: "hold",
    why: "The source's copy is gone, and this one may not have been let run yet",
  },
  {
    here: ["claimed"],
    there: ["none", "discarded", "taken", "finished"],
    qemuHere: ["none", "running"],
    owner: ["journal", "target", "silent"],
    decision: "finish",
    why: "The source's copy is gone",
  },
  {
    here: ["claimed"],
    there: ["reclaimed"],
    owner: ["journal", "target", "silent"],
    decision: "ask a person",
    why: "Each host was told that the other is dead, and each took the VM",
  },
  // ---- either ----
  {
    here: ["discarded"],
    decision: "finish",
    why: "This host's copy is gone",
  },
];
