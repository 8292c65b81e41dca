/**
 * The two sides of a lease: the host that holds it, and the host that watches. Both count on their own clock, in milliseconds since boot
 * with every suspension, and never compare clocks. Pure.
 */
import { clusterTimes } from "./times.ts";

export type LeaseStanding =
  /** Guests may run. */
  | "held"
  /** Time is up, and nobody knows what the others know: guests must not run. */
  | "lapsed"
  /** Another host has written down that this one is dead: not before a new incarnation may a guest run. */
  | "dead";

export interface Lease {
  /** When the latest acknowledged beat was sent; null before the first. */
  readonly sentAtMs: number | null;
  /** How long a lease that beat asked for: what the others go by, whatever the settings say by now. */
  readonly leaseMs: number;
  readonly dead: boolean;
}

export const noLease: Lease = { sentAtMs: null, leaseMs: 0, dead: false };

/** A beat was acknowledged, or all others consented (consent.ts), counted from when it was sent. Older news change nothing. */
export function acknowledged(lease: Lease, sentAtMs: number, leaseMs: number): Lease {
  if (lease.dead || (lease.sentAtMs !== null && sentAtMs <= lease.sentAtMs)) return lease;
  return { ...lease, sentAtMs, leaseMs };
}

export function declaredDead(lease: Lease): Lease {
  return { ...lease, dead: true };
}

export function standingOf({ sentAtMs, leaseMs, dead }: Lease, nowMs: number): LeaseStanding {
  if (dead) return "dead";
  const { fenceMs } = clusterTimes(leaseMs);
  return sentAtMs !== null && nowMs < sentAtMs + fenceMs ? "held" : "lapsed";
}

/** What a watcher knows of one host. */
export interface Watched {
  /** etcd's revision of the latest beat. */
  readonly revision: string;
  /** When this watcher first saw that revision, on its own clock. */
  readonly seenAtMs: number;
  /** Promised until then not to declare the host dead, on this watcher's clock. */
  readonly promisedUntilMs: number;
  /** How long a lease that beat asked for. */
  readonly leaseMs: number;
}

/**
 * A look at etcd's present beat of the host. `nowMs` is from after the answer: the beat was sent before that, whatever the look took. A watcher
 * knows only what it saw itself.
 */
export function watched(
  before: Watched | undefined,
  beat: { readonly revision: string; readonly leaseMs: number },
  nowMs: number,
): Watched {
  if (before?.revision === beat.revision) return before;
  const { revision, leaseMs } = beat;
  return { revision, leaseMs, seenAtMs: nowMs, promisedUntilMs: before?.promisedUntilMs ?? 0 };
}

/** The watcher gives its word: a host whose lease is `leaseMs` may run on although etcd takes no beats. */
export function promised(before: Watched | undefined, nowMs: number, leaseMs: number): Watched {
  const seen = before ?? { revision: "", leaseMs, seenAtMs: nowMs, promisedUntilMs: 0 };
  return { ...seen, promisedUntilMs: Math.max(seen.promisedUntilMs, nowMs + leaseMs) };
}

/** Whether the host may be declared dead: by a transaction that holds only while `revision` is still the latest. */
export function isOverdue(seen: Watched, nowMs: number): boolean {
  return nowMs >= seen.seenAtMs + seen.leaseMs && nowMs >= seen.promisedUntilMs;
}
