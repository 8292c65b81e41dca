/** This host's being in a cluster: the keeper of its lease, its member of etcd, and how it comes back after it was declared dead. */
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { EtcdClient } from "./etcd-client.ts";
import { EtcdMember } from "./etcd-member.ts";
import { GuardedGuests } from "./guarded-guests.ts";
import { KeeperLink } from "./keeper-link.ts";
import type { KeeperOrders } from "./keeper-messages.ts";
import type { LeaseStanding } from "./lease.ts";
import type { LocalMembership, LocalState } from "./local-state.ts";
import type { ClusterParts } from "./parts.ts";
import { type HostRecord, writeRecord } from "./records.ts";
import { ClusterStore } from "./store.ts";

const guestsGoneEveryMs = 50;

export class Membership implements AsyncDisposable {
  readonly store: ClusterStore;
  readonly member: EtcdMember;
  readonly keeper: KeeperLink;
  readonly local: LocalState;
  /** A new etcd is being made here of a backup: this host promises nothing any more. */
  isRestoring = false;
  readonly #parts: ClusterParts;
  readonly #etcd: EtcdClient;

  constructor(parts: ClusterParts, local: LocalState, onLease: (standing: LeaseStanding) => void) {
    this.#parts = parts;
    this.local = local;
    this.#etcd = new EtcdClient(() => ({
      endpoints: this.own.endpoints,
      ...clusterTls(parts, this.own),
    }));
    this.store = new ClusterStore(this.#etcd, this.own.id);
    this.member = etcdMember(parts);
    if (this.member.exists) this.member.start();
    this.keeper = new KeeperLink({
      log: parts.log,
      directory: clusterDirectory(parts),
      orders: () => this.#orders(),
      startKeeper: parts.startKeeper,
      onChange: onLease,
    });
  }

  /** @throws FerryError once this host has left; nobody may hold on to this then. */
  get own(): LocalMembership {
    const { membership } = this.local;
    if (membership === undefined) throw new Error("this host is in no cluster");
    return membership;
  }

  /** What changed in etcd that this host must know without it. */
  learn(learned: Partial<LocalMembership>): void {
    const before = JSON.stringify(this.own);
    const after = { ...this.own, ...learned };
    if (JSON.stringify(after) === before) return;
    const { endpoints, settings } = this.own;
    this.local.write(after);
    const isOther =
      endpoints.join() !== after.endpoints.join() || settings.leaseMs !== after.settings.leaseMs;
    if (isOther) this.keeper.reload();
  }

  /** This host's certificate is another now. */
  renewCertificates(): void {
    this.member.writeCertificates();
    this.keeper.reload();
  }

  /**
   * Comes back after this host was declared dead: when none of the cluster's guests lives here, with a new incarnation that owns nothing yet.
   * @returns false when the cluster does not know this host any more. @throws EtcdError.
   */
  async comeBack(): Promise<boolean> {
    await this.#endGuests();
    const { host, settings } = this.own;
    const { keys } = this.store;
    const present = await this.store.host(host);
    if (present === undefined) return false;
    const incarnation = Math.max(present.incarnation, this.own.incarnation) + 1;
    const record: HostRecord = { ...present, incarnation, since: this.#parts.now() };
    const { leaseMs } = settings;
    const { faults } = this.#parts;
    await faults.reach("returning:come-back:before");
    const { done } = await this.store.etcd.transact({
      conditions: [{ key: keys.host(host), revision: present.revision }],
      changes: [
        { put: keys.host(host), value: writeRecord(record) },
        { put: keys.beat(host), value: writeRecord({ incarnation, leaseMs }) },
        { delete: keys.death(host) },
      ],
    });
    if (!done) return await this.comeBack();
    await faults.reach("returning:come-back:after");
    this.local.write({ ...this.own, incarnation });
    this.keeper.begin();
    this.#parts.log.warn({ incarnation }, "this host is back in the cluster");
    return true;
  }

  async #endGuests(): Promise<void> {
    using guests = new GuardedGuests(databasePath(this.#parts));
    while (guests.end() > 0) await wait(guestsGoneEveryMs);
  }

  #orders(): KeeperOrders {
    const { own } = this;
    return {
      cluster: own.id,
      host: own.host,
      incarnation: own.incarnation,
      leaseMs: own.settings.leaseMs,
      endpoints: own.endpoints,
      ...clusterTls(this.#parts, own),
      database: databasePath(this.#parts),
      socket: join(this.#parts.paths.run, "keeper.sock"),
      watchdog: this.#parts.watchdog,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.keeper[Symbol.asyncDispose]();
    await this.member[Symbol.asyncDispose]();
    this.#etcd[Symbol.dispose]();
  }
}

export function clusterDirectory({ paths }: ClusterParts): string {
  return join(paths.state, "cluster");
}

export function databasePath({ paths }: ClusterParts): string {
  return join(paths.state, "ferry.db");
}

export function etcdMember(parts: ClusterParts): EtcdMember {
  return new EtcdMember({
    log: parts.log,
    binary: parts.etcdBinary,
    directory: join(clusterDirectory(parts), "etcd"),
    tls: () => domainTls(parts),
  });
}

/** What this host shows etcd, and whom it believes there. */
export function clusterTls(parts: ClusterParts, { tls }: Pick<LocalMembership, "tls">) {
  return tls ?? domainTls(parts);
}

/** Of the own domain only: hosts of trusted domains have no business in the cluster. */
export function domainTls({ trust }: ClusterParts): { ca: string; cert: string; key: string } {
  const { authority, certificate, key } = trust.member();
  return { ca: authority, cert: certificate, key };
}
