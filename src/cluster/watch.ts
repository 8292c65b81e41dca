/**
 * Watches the other hosts' beats and declares dead whoever's lease is over. The coordinator watches all, everybody else the coordinator. What one
 * watcher concludes holds for all, because etcd takes it only while the beat is still the one that was watched.
 */
import { bootClockMs } from "./boot-clock.ts";
import { isOverdue, promised, type Watched, watched } from "./lease.ts";
import type { Membership } from "./membership.ts";
import type { ClusterParts } from "./parts.ts";
import { type BeatRecord, type DeadRecord, type Versioned, writeRecord } from "./records.ts";
import type { HostsView } from "./store.ts";
import { clusterTimes } from "./times.ts";

/** Who has not looked at a host for so many beats does not watch it any more, and can't say that it is silent. */
const looksMissedMax = 4;

export class Watch {
  readonly #parts: ClusterParts;
  readonly #membership: Membership;
  readonly #watched = new Map<string, Watched>();
  readonly #lookedAtMs = new Map<string, number>();

  constructor(parts: ClusterParts, membership: Membership) {
    this.#parts = parts;
    this.#membership = membership;
  }

  /** This host gives its word not to declare that one dead for a lease from now on. */
  promise(host: string, leaseMs: number): void {
    this.#watched.set(host, promised(this.#watched.get(host), bootClockMs(), leaseMs));
  }

  /** Milliseconds since a host's beat was first seen here as it is; null for one that is not watched, or not any more. */
  silentMs(host: string): number | null {
    const [seen, lookedAtMs] = [this.#watched.get(host), this.#lookedAtMs.get(host)];
    const now = bootClockMs();
    if (seen === undefined || lookedAtMs === undefined) return null;
    const { beatMs } = clusterTimes(this.#membership.own.settings.leaseMs);
    return now - lookedAtMs > looksMissedMax * beatMs ? null : now - seen.seenAtMs;
  }

  /** A beat as it is now, of a host that only this one watches for the time being. */
  note(host: string, beat: Versioned<BeatRecord>): void {
    const now = bootClockMs();
    this.#watched.set(host, watched(this.#watched.get(host), beat, now));
    this.#lookedAtMs.set(host, now);
  }

  /** One look at hosts that shall be alive. `of`: those that a lapse alone makes dead. Answers the ids of those that were declared dead by it. */
  async look(view: HostsView, of: (host: string) => boolean): Promise<string[]> {
    const now = bootClockMs();
    const dead: string[] = [];
    for (const { id, name } of view.hosts) {
      const beat = view.beats.get(id);
      if (beat === undefined || id === this.#membership.own.host || view.deaths.has(id)) continue;
      const seen = watched(this.#watched.get(id), beat, now);
      this.#watched.set(id, seen);
      this.#lookedAtMs.set(id, now);
      if (!of(id)) continue;
      if (isOverdue(seen, now) && (await this.#declare(id, name, seen, beat.incarnation)))
        dead.push(id);
    }
    return dead;
  }

  async #declare(
    id: string,
    name: string,
    { revision }: Watched,
    incarnation: number,
  ): Promise<boolean> {
    const { store } = this.#membership;
    const { keys } = store;
    const { host: by, now, log, publish, faults } = this.#parts;
    const record: DeadRecord = { incarnation, at: now(), by, how: "lease" };
    await faults.reach("coordinator:declare:before");
    const { done } = await store.etcd.transact({
      conditions: [
        { key: keys.beat(id), revision },
        { key: keys.death(id), revision: null },
      ],
      changes: [{ put: keys.death(id), value: writeRecord(record) }],
    });
    if (done) {
      await faults.reach("coordinator:declare:after");
      log.warn({ host: name }, "a host's lease is over: it is dead to the cluster");
      publish("cluster.host-dead", id, { name, by });
    }
    return done;
  }
}
