/**
 * A host that holds a lease, one that watches it, and etcd between them, on a time line where messages take as long as they like or get lost,
 * clocks run at different speeds, and each of the two guards stands still now and then. For lease.test.ts: whether a guest is ever still alive
 * when its host is declared dead. The rules are those of lease.ts; `faults` puts in wrong ones, to see that they are found out. Pure.
 */
import {
  acknowledged,
  isOverdue,
  type Lease,
  noLease,
  promised,
  standingOf,
  type Watched,
  watched,
} from "./lease.ts";
import { clusterTimes } from "./times.ts";

export interface World {
  readonly leaseMs: number;
  /** How fast each clock runs, 1 for truth. */
  readonly holderRate: number;
  readonly watcherRate: number;
  /** Milliseconds that messages take, used one after the other and over again; null: lost. */
  readonly delays: readonly (number | null)[];
  /** Spans in which a guard stands still, in milliseconds of truth; the two never at once. */
  readonly keeperStands: readonly Span[];
  readonly agentStands: readonly Span[];
  /** Spans in which etcd takes nothing from anybody. */
  readonly etcdOut: readonly Span[];
  /** Whether holder and watcher reach each other, for consent. */
  readonly seeEachOther: boolean;
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface WrongRules {
  /** Counts the lease from the answer instead of the sending. */
  readonly fromAnswer?: boolean;
  /** Counts silence from the question instead of the answer. */
  readonly fromQuestion?: boolean;
  /** Consents although it reaches etcd. */
  readonly alwaysConsents?: boolean;
  /** Declares dead whatever the beat is by then. */
  readonly unconditional?: boolean;
}

const tickMs = 100;

/** Answers how long the guest lived on after its host was declared dead; null when it was not declared dead. */
export function livedTooLongMs(
  world: World,
  untilMs: number,
  wrong: WrongRules = {},
): number | null {
  const times = clusterTimes(world.leaseMs);
  const events: { at: number; run: (at: number) => void }[] = [];
  const later = (at: number, run: (at: number) => void): void => void events.push({ at, run });
  let turn = 0;
  const delay = (): number | null => world.delays[turn++ % world.delays.length] ?? null;
  const isIn = (spans: readonly Span[], at: number): boolean =>
    spans.some(({ from, to }) => at >= from && at < to);
  const holderClock = (at: number): number => at * world.holderRate;
  const watcherClock = (at: number): number => at * world.watcherRate + 1e6;

  const etcd = { revision: 1, isDead: false };
  let lease: Lease = noLease;
  let believed = 1;
  let seen: Watched | undefined;
  let watcherSilentSince = 0;
  /** Guests are let run only while the lease is held. */
  let ran = false;
  let killedAt: number | null = null;
  let declaredAt: number | null = null;
  /** A message to etcd and its answer; one that is lost, or comes while etcd is out, is never heard of again. */
  const ask = (
    at: number,
    atEtcd: () => unknown,
    answered: (at: number, answer: unknown) => void,
  ): void => {
    const there = delay();
    const back = delay();
    if (there === null) return;
    later(at + there, (arrived) => {
      if (isIn(world.etcdOut, arrived)) return;
      const answer = atEtcd();
      if (back !== null) later(arrived + back, (heard) => answered(heard, answer));
    });
  };

  const beat = (at: number): void => {
    later(at + times.beatMs / world.holderRate, beat);
    if (isIn(world.keeperStands, at)) return;
    const sentAtMs = holderClock(at);
    const condition = believed;
    ask(
      at,
      () => {
        if (etcd.isDead) return "dead";
        if (etcd.revision !== condition) return etcd.revision;
        etcd.revision += 1;
        return "done";
      },
      (heard, answer) => {
        if (isIn(world.keeperStands, heard)) return;
        if (answer === "dead") lease = { ...lease, dead: true };
        else if (answer === "done") {
          believed = condition + 1;
          lease = acknowledged(
            lease,
            wrong.fromAnswer ? holderClock(heard) : sentAtMs,
            world.leaseMs,
          );
          if (standingOf(lease, holderClock(heard)) === "held") ran = true;
        } else believed = Math.max(believed, answer as number);
      },
    );
  };

  const consent = (at: number): void => {
    later(at + times.beatMs / world.holderRate, consent);
    const silentMs = holderClock(at) - (lease.sentAtMs ?? 0);
    if (!world.seeEachOther || isIn(world.agentStands, at) || silentMs < times.askMs) return;
    if (standingOf(lease, holderClock(at)) !== "held") return;
    const isSilent = watcherClock(at) - watcherSilentSince >= times.askMs;
    if (!isSilent && wrong.alwaysConsents !== true) return;
    if (wrong.alwaysConsents !== true) seen = promised(seen, watcherClock(at), world.leaseMs);
    lease = acknowledged(lease, holderClock(at), world.leaseMs);
  };

  const guard = (stands: readonly Span[]) => {
    const look = (at: number): void => {
      later(at + tickMs, look);
      if (isIn(stands, at) || killedAt !== null || !ran) return;
      // N.B. a process takes as long as it may to be gone.
      if (standingOf(lease, holderClock(at)) !== "held") killedAt = at + times.killMs - 2 * tickMs;
    };
    return look;
  };

  const watch = (at: number): void => {
    later(at + times.beatMs / world.watcherRate, watch);
    ask(
      at,
      () => etcd.revision,
      (heard, revision) => {
        watcherSilentSince = watcherClock(heard);
        const now = watcherClock(wrong.fromQuestion ? at : heard);
        seen = watched(seen, { revision: String(revision), leaseMs: world.leaseMs }, now);
        if (declaredAt !== null || !isOverdue(seen, watcherClock(heard))) return;
        ask(
          heard,
          () => {
            if (etcd.isDead || (etcd.revision !== revision && wrong.unconditional !== true)) return;
            etcd.isDead = true;
            declaredAt = currentAt;
          },
          () => undefined,
        );
      },
    );
  };

  let currentAt = 0;
  later(0, beat);
  later(50, consent);
  later(0, guard(world.keeperStands));
  later(30, guard(world.agentStands));
  later(10, watch);
  while (events.length > 0 && currentAt < untilMs) {
    let next = 0;
    for (let index = 1; index < events.length; index++) {
      if ((events[index]?.at ?? 0) < (events[next]?.at ?? 0)) next = index;
    }
    const [event] = events.splice(next, 1);
    currentAt = event?.at ?? untilMs;
    event?.run(currentAt);
    if (declaredAt !== null && killedAt !== null) break;
  }
  if (declaredAt === null) return null;
  if (!ran) return 0;
  return Math.max(0, (killedAt ?? currentAt) - declaredAt);
}
