/**
 * What a source does about its queue now: which moves to try, and what the others wait for. A try is a question to the
 * target; one that is refused a slot holds none here either, so that a busy target stops only the moves towards it. Pure.
 */
import {
  admitInOrder,
  placeInLine,
  type SlotLimits,
  type SlotsInUse,
  waitingText,
} from "./admission.ts";

export interface WaitingMove {
  readonly id: string;
  readonly vmName: string;
  readonly target: string;
  readonly copiesDisks: boolean;
}

/** Not to be tried before `retryAt` (milliseconds since the epoch), for `reason`. */
export interface Hold {
  readonly reason: string;
  readonly retryAt: number;
}

export interface QueueStanding {
  readonly host: string;
  /** The first first. */
  readonly queue: readonly WaitingMove[];
  /** Of moves that left the queue; tries under way not counted. */
  readonly outgoing: SlotsInUse;
  readonly limits: SlotLimits;
  /** Ids of moves being tried. */
  readonly attempting: ReadonlySet<string>;
  /** By target, since it said wait or did not answer. */
  readonly targetHolds: ReadonlyMap<string, Hold>;
  /** By move. */
  readonly moveHolds: ReadonlyMap<string, Hold>;
  readonly now: number;
}

export interface NextAttempts {
  readonly attempts: readonly WaitingMove[];
  /** By move: what it waits for, as a sentence. */
  readonly waiting: ReadonlyMap<string, string>;
  /** When to look again though nothing happened; null: there is nothing to wait for in time. */
  readonly wakeAt: number | null;
}

export function nextAttempts(standing: QueueStanding): NextAttempts {
  const { queue, attempting, targetHolds, moveHolds, now } = standing;
  const active = (hold: Hold | undefined): hold is Hold => hold !== undefined && hold.retryAt > now;
  const waiting = new Map<string, string>();
  const wakes: number[] = [];
  /** Moves that only a slot of this host may keep back. */
  const ready: WaitingMove[] = [];
  const lines = new Lines();
  for (const move of queue) {
    const own = moveHolds.get(move.id);
    const towards = targetHolds.get(move.target);
    if (active(own)) {
      waiting.set(move.id, own.reason);
      wakes.push(own.retryAt);
    } else if (active(towards)) {
      waiting.set(move.id, lines.behind(move) ?? towards.reason);
      wakes.push(towards.retryAt);
    } else {
      ready.push(move);
    }
  }
  // Those being tried have their slot, whoever stepped ahead of them since.
  ready.sort((a, b) => Number(attempting.has(b.id)) - Number(attempting.has(a.id)));
  const admissions = admitInOrder(ready, standing.outgoing, standing.limits);
  const attempts = ready.filter((move) => {
    const admission = admissions.get(move.id);
    // One question at a time to a target keeps the order; its answer brings the next.
    const behind = lines.behind(move);
    if (attempting.has(move.id)) waiting.set(move.id, `asks ${move.target} for a slot`);
    else if (admission?.kind === "wait")
      waiting.set(move.id, waitingText(standing.host, admission));
    else if (behind !== undefined) waiting.set(move.id, behind);
    else return true;
    return false;
  });
  return { attempts, waiting, wakeAt: wakes.length === 0 ? null : Math.min(...wakes) };
}

/** The moves towards each target, in order. */
class Lines {
  readonly #lines = new Map<string, { readonly head: WaitingMove; length: number }>();

  /** Adds a move to its target's line; undefined for the first of it. */
  behind(move: WaitingMove): string | undefined {
    const line = this.#lines.get(move.target);
    if (line === undefined) {
      this.#lines.set(move.target, { head: move, length: 1 });
      return undefined;
    }
    line.length += 1;
    return `waits behind ${line.head.vmName} for ${move.target}, ${placeInLine(line.length)}`;
  }
}
