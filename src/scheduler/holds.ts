/** What keeps queued moves from being tried for a while: targets that are full or silent, VMs that are busy. */
import type { FerryError } from "../base/errors.ts";
import type { Hold, WaitingMove } from "./next-attempts.ts";

/** A full target is asked soon again at first, since most moves are short. */
const fullMsFirst = 100;
const fullMsMax = 1_000;
const silentMsFirst = 1_000;
const silentMsMax = 15_000;
/** A target that is silent for so long is not just being restarted. */
const silentMsTotal = 600_000;
/** An operation on the VM, such as a restart, is over in a moment or takes minutes. */
const busyMs = 1_000;

interface TargetHold extends Hold {
  readonly waitMs: number;
  /** Since when the target does not answer; null: it does. */
  readonly silentSince: number | null;
}

export class Holds {
  readonly targets = new Map<string, TargetHold>();
  readonly moves = new Map<string, Hold>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  targetIsFull(target: string, reason: string): void {
    const present = this.targets.get(target);
    const waitMs =
      present?.silentSince === null ? Math.min(present.waitMs * 2, fullMsMax) : fullMsFirst;
    this.targets.set(target, { reason, retryAt: this.#now() + waitMs, waitMs, silentSince: null });
  }

  /** The target may be asked at once. */
  targetAnswered(target: string): void {
    this.targets.delete(target);
  }

  /** The move is out of the queue. */
  forget(id: string): void {
    this.moves.delete(id);
  }

  /** Holds a move that could not start for a reason that passes; false when trying again is no use. */
  mayTryAgain({ id, target }: WaitingMove, error: FerryError): boolean {
    switch (error.code) {
      case "busy":
        this.moves.set(id, { reason: `waits: ${error.message}`, retryAt: this.#now() + busyMs });
        return true;
      case "unreachable":
      case "timeout":
        return this.#targetIsSilent(target);
      default:
        return false;
    }
  }

  #targetIsSilent(target: string): boolean {
    const now = this.#now();
    const present = this.targets.get(target);
    const silentSince = present?.silentSince ?? now;
    if (now - silentSince > silentMsTotal) return false;
    const waitMs =
      present === undefined || present.silentSince === null
        ? silentMsFirst
        : Math.min(present.waitMs * 2, silentMsMax);
    const reason = `waits for ${target}: it does not answer`;
    this.targets.set(target, { reason, retryAt: now + waitMs, waitMs, silentSince });
    return true;
  }
}
