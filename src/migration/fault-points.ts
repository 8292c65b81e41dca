/**
 * Every point of a move at which a fault can be armed (faults.ts), derived from the plan and from the journal's records, so that a new
 * stage or record is a new point. Pure.
 */
import { recordsBy } from "./journal-record.ts";
import { stageNames } from "./plan.ts";

export interface FaultPoint {
  readonly role: "source" | "target";
  /** A stage's name, or `journal-RECORD`. */
  readonly at: string;
  readonly moment: "before" | "inside" | "after";
}

export function faultPoints(): FaultPoint[] {
  return (["source", "target"] as const).flatMap((role) => [
    ...stageNames.flatMap((at) =>
      (["before", "inside", "after"] as const).map((moment) => ({ role, at, moment })),
    ),
    ...recordsBy(role).flatMap((kind) =>
      (["before", "after"] as const).map((moment) => ({ role, at: `journal-${kind}`, moment })),
    ),
  ]);
}

export function nameOf({ role, at, moment }: FaultPoint): string {
  return `${role}:${at}:${moment}`;
}
