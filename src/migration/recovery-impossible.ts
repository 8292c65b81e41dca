/**
 * Facts that contradict each other if both hosts' disks and Ferry keep their word, each with the reason. Whoever sees them nevertheless
 * (a database restored from a backup, a QEMU started by hand) lets nothing run and asks a person. Pure.
 */
import type { ColumnSets, RecordHere } from "./recovery-facts.ts";

export interface Impossibility extends ColumnSets {
  readonly reason: string;
}

const source = [
  "begun",
  "rolled-back",
  "handed-over",
  "taken",
  "reclaimed",
] as const satisfies readonly RecordHere[];
const target = [
  "accepted",
  "making",
  "ready",
  "owner",
  "claimed",
] as const satisfies readonly RecordHere[];
const told = ["none", "incoming", "paused", "running"] as const;
const unready = ["accepted", "making"] as const;
const skeleton = ["accepted", "making", "ready"] as const;
const loaded = ["ready", "owner", "claimed"] as const;
const handedOver = ["handed-over", "taken"] as const;
const undecided = ["begun", "rolled-back"] as const;

export const impossibilities: readonly Impossibility[] = [
  // ---- what one host says of itself ----
  {
    there: ["silent"],
    qemuThere: told,
    reason: "Who does not answer tells nothing of its QEMU",
  },
  {
    there: ["none"],
    qemuThere: ["incoming", "paused", "running"],
    reason: "Who knows nothing of the migration has no QEMU of its VM",
  },
  {
    there: ["discarded", "finished"],
    qemuThere: ["incoming"],
    reason: "A skeleton is gone before the journal says so",
  },
  { here: source, qemuHere: ["incoming"], reason: "A source's QEMU waits for no stream" },
  { there: source, qemuThere: ["incoming"], reason: "A source's QEMU waits for no stream" },
  {
    here: loaded,
    qemuHere: ["incoming"],
    reason: "*ready* is written when everything is loaded",
  },
  {
    there: loaded,
    qemuThere: ["incoming"],
    reason: "*ready* is written when everything is loaded",
  },
  {
    here: skeleton,
    qemuHere: ["running"],
    reason: "A skeleton's guest runs only once *owner* is durable: somebody let it run by hand",
  },
  {
    there: skeleton,
    qemuThere: ["running"],
    reason: "A skeleton's guest runs only once *owner* is durable: somebody let it run by hand",
  },
  {
    here: handedOver,
    qemuHere: ["running"],
    reason: "A QEMU that has handed over stands in `postmigrate`: somebody let it run by hand",
  },
  {
    there: handedOver,
    qemuThere: ["running"],
    reason: "A QEMU that has handed over stands in `postmigrate`: somebody let it run by hand",
  },
  // ---- roles ----
  { here: source, there: source, reason: "A migration has one source" },
  { here: target, there: target, reason: "A migration has one target" },
  // ---- what one host may say only after the other ----
  {
    here: undecided,
    there: ["owner"],
    owner: ["journal", "source"],
    reason: "A target takes only what was handed over",
  },
  {
    here: ["owner"],
    there: ["begun"],
    owner: ["journal", "source"],
    reason: "A target takes only what was handed over",
  },
  {
    here: ["owner"],
    there: ["rolled-back"],
    reason: "A source that rolled back never hands over",
  },
  {
    here: ["rolled-back"],
    there: ["owner"],
    owner: ["silent"],
    reason: "A source that rolled back never hands over",
  },
  {
    here: handedOver,
    there: unready,
    reason: "A source hands over only to a target that was ready",
  },
  {
    here: unready,
    there: handedOver,
    reason: "A source hands over only to a target that was ready",
  },
  {
    here: ["taken"],
    there: ["ready", "none", "discarded"],
    reason: "*taken* is written when the target said that it is the owner",
  },
  {
    here: ["ready"],
    there: ["taken"],
    reason: "*taken* is written when the target said that it is the owner",
  },
  {
    here: ["ready", "owner"],
    there: ["discarded"],
    reason: "A source destroys its copy only for a target that claimed the VM",
  },
  {
    here: [...undecided, "owner"],
    there: ["discarded", "finished", "none"],
    qemuThere: ["running"],
    reason: "A copy that is gone does not run",
  },
  // ---- the owner's record, where a cluster keeps one ----
  {
    here: ["ready", "owner"],
    there: ["begun"],
    qemuThere: ["running"],
    owner: ["target"],
    reason: "The owner's record is swapped when the source's QEMU stands in `postmigrate`",
  },
  {
    here: unready,
    owner: ["target"],
    reason: "The owner's record is swapped only for a target that is ready",
  },
  {
    here: ["begun"],
    there: ["none", "accepted", "making", "discarded", "finished"],
    owner: ["target"],
    reason: "The owner's record is swapped only for a target that is ready",
  },
  {
    here: undecided,
    there: ["claimed"],
    owner: ["source"],
    reason: "Who claims a VM in a cluster swaps its record first",
  },
  {
    here: ["ready"],
    there: ["rolled-back", "reclaimed", "finished"],
    owner: ["target"],
    reason: "A source keeps the VM only while the record names it",
  },
  {
    here: ["owner"],
    there: ["reclaimed"],
    owner: ["target"],
    reason: "Who takes a VM back in a cluster swaps its record first",
  },
  {
    here: ["owner"],
    there: ["taken", "finished"],
    owner: ["source"],
    reason: "A source that removed its remains takes nothing back",
  },
  {
    here: ["taken"],
    owner: ["source"],
    reason: "A source that was told *owner* takes nothing back",
  },
  {
    here: ["reclaimed"],
    owner: ["target"],
    reason: "Who takes a VM back in a cluster swaps its record first",
  },
  {
    here: ["claimed"],
    owner: ["source"],
    reason: "Who claims a VM in a cluster swaps its record first",
  },
];
