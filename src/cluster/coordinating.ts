/**
 * One host at a time coordinates: it watches all others, gives dead hosts' VMs away, and keeps the number of etcd's members. Who it is matters only
 * for the work to be done once: everything it does is a compare-and-swap. Whoever sees the coordinator's record stand still takes its place.
 */
import { errorChain } from "../base/errors.ts";
import { bootClockMs } from "./boot-clock.ts";
import { keepMembers, type ListedMember, listMembers } from "./etcd-members.ts";
import { Failover } from "./failover.ts";
import type { Membership } from "./membership.ts";
import type { ClusterParts } from "./parts.ts";
import { freeSlotsOfOthers } from "./move-slots.ts";
import { PowerFencing } from "./power-fencing.ts";
import { type CoordinatorRecord, type Versioned, writeRecord } from "./records.ts";
import type { HostsView, OwnView } from "./store.ts";
import { Watch } from "./watch.ts";

/** The list of hosts and endpoints changes seldom; who does not coordinate reads it so seldom. */
const hostsEveryLooks = 5;
const unlistedLooks = 2;

export class Coordinating {
  readonly watch: Watch;
  readonly #parts: ClusterParts;
  readonly #membership: Membership;
  readonly #failover: Failover;
  readonly #fencing: PowerFencing;
  #seen: { revision: string; atMs: number } | undefined;
  #looks = 0;
  #coordinator: string | undefined;
  /** Lists of etcd's members, one after the other, without this host's. */
  #unlisted = 0;

  constructor(parts: ClusterParts, membership: Membership) {
    this.#parts = parts;
    this.#membership = membership;
    this.watch = new Watch(parts, membership);
    this.#fencing = new PowerFencing(parts, membership, this.watch);
    this.#failover = new Failover(parts, membership);
  }

  /** The host whose beat this one watches although it does not coordinate: whoever does. When that dies, its lease has been counted already. */
  get watches(): string | undefined {
    return this.#coordinator === this.#membership.own.host ? undefined : this.#coordinator;
  }

  async look({ coordinator, beat }: OwnView): Promise<void> {
    if (this.watches !== undefined && beat !== undefined) this.watch.note(this.watches, beat);
    this.#coordinator = coordinator?.host;
    const { store, own, keeper } = this.#membership;
    const isMine = await this.#hold(coordinator);
    const isDue = this.#looks++ % hostsEveryLooks === 0;
    if (!isMine && !isDue && coordinator !== undefined) return;
    const view = await store.hosts();
    this.#learn(view);
    if (isDue) await this.#learnEndpoints();
    if (!isMine || keeper.standing !== "held") return;
    const fenced = await this.#fencing.look(view);
    await this.watch.look(view, (host) => !fenced.has(host));
    // What was found dead just now counts at once.
    const now = await store.hosts();
    if (own.settings.movesMax !== null) {
      const lives = (id: string): boolean =>
        now.hosts.some((host) => host.id === id) && !now.deaths.has(id);
      await freeSlotsOfOthers(this.#membership, lives);
    }
    if (own.settings.failover) await this.#failover.place(now);
    if (own.managed) {
      await keepMembers(this.#parts, this.#membership, now).catch((error: unknown) => {
        this.#parts.log.info(
          { reason: errorChain(error) },
          "etcd's members are not as they should be yet",
        );
      });
    }
  }

  /** Takes, keeps or leaves the coordinator's place. */
  async #hold(present: Versioned<CoordinatorRecord> | undefined): Promise<boolean> {
    const { store, own, keeper } = this.#membership;
    const { host: name, now, log } = this.#parts;
    const isMine = present?.host === own.host;
    if (!isMine && present !== undefined && !this.#stoodStill(present)) return false;
    if (keeper.standing !== "held") return false;
    const record: CoordinatorRecord = {
      ...{ host: own.host, name },
      since: isMine ? present.since : now(),
      count: (present?.count ?? 0) + 1,
    };
    const key = store.keys.coordinator;
    const { done } = await store.etcd.transact({
      conditions: [{ key, revision: present?.revision ?? null }, store.lives(own.host)],
      changes: [{ put: key, value: writeRecord(record) }],
    });
    if (done && !isMine) log.info("this host coordinates the cluster");
    return done;
  }

  #stoodStill({ revision }: Versioned<CoordinatorRecord>): boolean {
    const now = bootClockMs();
    if (this.#seen?.revision !== revision) this.#seen = { revision, atMs: now };
    return now - this.#seen.atMs >= this.#membership.own.settings.leaseMs;
  }

  /** This host's member was replaced or is not wanted any more: etcd itself ends then, and would be started again and again. */
  async #endUnlisted(members: readonly ListedMember[]): Promise<void> {
    const { member } = this.#membership;
    const isListed = !member.exists || members.some(({ peerUrl }) => peerUrl === member.peerUrl);
    // Whoever told the list may be behind: then the next one has it.
    this.#unlisted = isListed ? 0 : this.#unlisted + 1;
    if (this.#unlisted < unlistedLooks) return;
    this.#parts.log.warn("this host's member of etcd is not in the list any more: it is removed");
    await member.remove();
  }

  #learn({ hosts, deaths }: HostsView): void {
    const { own } = this.#membership;
    const others = hosts
      .filter(({ id }) => id !== own.host && !deaths.has(id))
      .map(({ id, name }) => ({ id, name }));
    this.#membership.learn({ others });
  }

  async #learnEndpoints(): Promise<void> {
    const { own, store } = this.#membership;
    if (!own.managed) return;
    const members = await listMembers(store.etcd);
    await this.#endUnlisted(members);
    const endpoints = members
      .filter(({ isLearner }) => !isLearner)
      .flatMap(({ endpoint }) => (endpoint === undefined ? [] : [endpoint]));
    // One's own first: it is nearest, and asks the others itself.
    const mine = this.#membership.member.endpoint;
    endpoints.sort((a, b) => Number(b === mine) - Number(a === mine) || a.localeCompare(b));
    if (endpoints.length > 0) this.#membership.learn({ endpoints });
  }
}
