/** Who goes first: in a source's own queue, and among several sources that ask one target. Pure. */
import { type Priority, priorities } from "../migration/record.ts";

interface Placed {
  readonly priority: Priority;
  /** Lower is earlier. */
  readonly place: number;
}

/** By priority, then by place. */
export function inQueueOrder<Move extends Placed>(moves: readonly Move[]): Move[] {
  return moves.toSorted((a, b) => rank(b.priority) - rank(a.priority) || a.place - b.place);
}

interface Asker {
  readonly source: string;
  readonly priority: Priority;
  /** Milliseconds since the epoch, of its first question. */
  readonly askedAt: number;
}

export interface SourceStanding {
  /** Slots of the target that the source has now. */
  readonly inUse: number;
  /** When it last got one; 0: never. */
  readonly grantedAt: number;
}

/**
 * By priority; among equals the source that has the fewest slots, then the one that has waited longest for its turn: a
 * host with a hundred moves does not keep out one with a single move.
 */
export function inFairOrder<Ask extends Asker>(
  askers: readonly Ask[],
  standing: (source: string) => SourceStanding,
): Ask[] {
  return askers.toSorted((a, b) => {
    const [ours, theirs] = [standing(a.source), standing(b.source)];
    return (
      rank(b.priority) - rank(a.priority) ||
      ours.inUse - theirs.inUse ||
      ours.grantedAt - theirs.grantedAt ||
      a.askedAt - b.askedAt
    );
  });
}

function rank(priority: Priority): number {
  return priorities.indexOf(priority);
}
