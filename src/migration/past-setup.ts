/** What a move has once its setup is done; before, asking for it is a fault of the program. */
import { FerryError } from "../base/errors.ts";
import type { SourceMove, TargetMove } from "./stage.ts";

/** The session of a source that is past setup. */
export function sessionOf(move: SourceMove): NonNullable<SourceMove["session"]> {
  if (move.session === undefined) throw new FerryError("internal", "Cannot go on: no session yet");
  return move.session;
}

/** The skeleton of a target that is past setup. */
export function skeletonOf(move: TargetMove): NonNullable<TargetMove["process"]> {
  if (move.process === undefined) throw new FerryError("internal", "Cannot go on: no skeleton yet");
  return move.process;
}
