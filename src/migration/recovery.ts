/**
 * What an agent that starts does about a migration its journal left open. Pure; effects are in recovery-run.ts.
 *
 * | role   | last record  | meaning                                         | decision            |
 * |--------|--------------|-------------------------------------------------|---------------------|
 * | source | begun        | never handed over: the VM is ours               | roll back           |
 * | source | rolled-back  | decided, perhaps not all done                   | roll back           |
 * | source | handed-over  | the VM is the target's                          | insist on take      |
 * | source | taken        | the target has it; remains may still be here    | remove the remains  |
 * | target | accepted     | the source can't have handed over without ready | discard             |
 * | target | making       | the same, with disks                            | discard             |
 * | target | ready        | only the source knows                           | ask the source      |
 * | target | owner        | ours; perhaps the guest was not let run yet     | finish on target    |
 * | target | discarded    | gone                                            | nothing             |
 * | either | finished     | done                                            | nothing             |
 */
import type { JournalKind } from "./journal-record.ts";

export type RecoveryDecision =
  | "roll back"
  | "insist on take"
  | "remove the remains"
  | "discard"
  | "ask the source"
  | "finish on target"
  | "nothing";

/** Both hosts keep their own journal, so the last record alone says which role this host had. */
export const recoveryTable = {
  begun: "roll back",
  "rolled-back": "roll back",
  "handed-over": "insist on take",
  taken: "remove the remains",
  accepted: "discard",
  making: "discard",
  ready: "ask the source",
  owner: "finish on target",
  discarded: "nothing",
  finished: "nothing",
} as const satisfies Record<JournalKind, RecoveryDecision>;

export function decideRecovery(last: JournalKind): RecoveryDecision {
  return recoveryTable[last];
}
