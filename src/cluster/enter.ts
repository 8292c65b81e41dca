/** Founding a cluster, joining one, leaving it. */
import { lookup } from "node:dns/promises";
import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { errorChain, FerryError } from "../base/errors.ts";
import { EtcdClient } from "./etcd-client.ts";
import { url } from "./etcd-member.ts";
import { listMembers, peerUrlOf, removeMemberOnceSettled } from "./etcd-members.ts";
import type { LocalMembership, LocalState } from "./local-state.ts";
import { clusterTls, etcdMember, type Membership } from "./membership.ts";
import type { ClusterParts, ClusterPlace } from "./parts.ts";
import {
  ClusterRecord,
  type ClusterSettings,
  type HostRecord,
  readRecord,
  writeRecord,
} from "./records.ts";
import { ClusterStore } from "./store.ts";

/** A first member elects itself in two seconds; a busy machine takes longer. */
const etcdStartMsMax = 60_000;
const etcdStartEveryMs = 100;

export interface ExistingEtcd {
  readonly endpoints: readonly string[];
  /** What it wants to see and shall be believed by, PEM; null: this host's certificate and its domain's authority. */
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string } | null;
}

/** @throws FerryError with what stands in the way; nothing is left then. */
export async function createCluster(
  parts: ClusterParts,
  local: LocalState,
  name: string,
  settings: ClusterSettings,
  existing: ExistingEtcd | null,
): Promise<void> {
  requireNone(parts, local);
  const { host } = parts.trust.member();
  const id = randomUUID();
  const member = etcdMember(parts);
  let endpoints = existing?.endpoints ?? [];
  const managed = existing === null;
  try {
    const place = managed ? await placeOf(parts) : null;
    if (place !== null) {
      endpoints = [url(place.address, place.clientPort)];
      const initialCluster = `${parts.host}=${url(place.address, place.peerPort)}`;
      member.create({ ...place, name: parts.host, initialCluster, state: "new", token: id });
    }
    const membership: LocalMembership = {
      ...{ id, name, managed, host: host.id, incarnation: 1, settings, others: [] },
      endpoints: [...endpoints],
      tls: existing?.tls ?? null,
    };
    using etcd = clientOf(parts, membership);
    if (managed) await untilAnswers(etcd, () => member.isRunning);
    const store = new ClusterStore(etcd, id);
    const record: ClusterRecord = { id, name, createdAt: parts.now(), managed, settings };
    const { done } = await etcd.transact({
      conditions: [{ key: store.keys.cluster, revision: null }],
      changes: [
        { put: store.keys.cluster, value: writeRecord(record) },
        ...hostChanges(parts, store, settings, place, parts.now()),
      ],
    });
    if (!done)
      throw new FerryError("already-exists", `Cannot create cluster "${name}": it is there`);
    local.write(membership);
  } catch (error) {
    if (managed) await member.remove();
    throw error;
  }
  await member[Symbol.asyncDispose]();
}

/** @throws FerryError `not-found`, `conflict`, and what etcd says. */
export async function joinCluster(
  parts: ClusterParts,
  local: LocalState,
  place: ClusterPlace,
  tls: ExistingEtcd["tls"],
): Promise<void> {
  requireNone(parts, local);
  const { host } = parts.trust.member();
  const { id, name, managed } = place;
  const endpoints = [...place.endpoints];
  using etcd = clientOf(parts, { endpoints, tls });
  const store = new ClusterStore(etcd, id);
  const kept = await etcd.get(store.keys.cluster);
  if (kept === undefined) throw noCluster(parts.host);
  const { settings } = readRecord(ClusterRecord, kept);
  const own = managed ? await placeOf(parts) : null;
  const membership: LocalMembership = {
    ...{ id, name, managed, host: host.id, incarnation: 1, settings, tls, endpoints },
    others: [],
  };
  const { done } = await etcd.transact({
    conditions: [
      { key: store.keys.cluster, revision: kept.revision },
      { key: store.keys.host(host.id), revision: null },
    ],
    changes: [...hostChanges(parts, store, settings, own, parts.now())],
  });
  if (!done) {
    throw new FerryError(
      "conflict",
      `Cannot join cluster "${name}": it knows host "${parts.host}" already`,
      {
        remedy: `If this host has lost its state, on another one: ferry cluster forget ${parts.host}`,
      },
    );
  }
  local.write(membership);
}

/**
 * Takes this host out; the last one takes the cluster with it. The caller ends the membership then.
 * @throws FerryError `in-use` while it has VMs of the cluster; what etcd says.
 */
export async function leaveCluster(parts: ClusterParts, membership: Membership): Promise<void> {
  const { store, own, local } = membership;
  const owned = await store.ownedBy(own.host);
  if (owned.length > 0 || local.vms().length > 0) {
    const names = [...new Set([...owned, ...local.vms()])]
      .map((id) => parts.vms.find(id)?.definition.name ?? id)
      .join(", ");
    throw new FerryError("in-use", `Cannot leave the cluster: this host has its VMs ${names}`, {
      remedy:
        "Move them away (ferry host drain), or make them standalone: ferry vm standalone NAME",
    });
  }
  const view = await store.hosts();
  const others = view.hosts.filter(({ id }) => id !== own.host);
  if (others.length === 0) {
    await store.etcd.transact({ changes: [{ deletePrefix: store.keys.prefix }] });
    return;
  }
  const self = view.hosts.find(({ id }) => id === own.host);
  if (own.managed && self !== undefined) await giveMemberUp(parts, membership, self);
  await removeHost(store, own.host);
}

/** @throws FerryError `not-found`, `conflict` while it lives, `in-use` while it owns VMs. */
export async function forgetHost({ store, own }: Membership, nameOrId: string): Promise<void> {
  const { hosts, deaths } = await store.hosts();
  const host = hosts.find(({ id, name }) => id === nameOrId || name === nameOrId);
  if (host === undefined) {
    const names = hosts.map(({ name }) => name).join(", ");
    throw new FerryError(
      "not-found",
      `Cannot forget host "${nameOrId}": the cluster has ${names}`,
      {
        remedy: "Name one of these",
      },
    );
  }
  if (host.id === own.host || !deaths.has(host.id)) {
    throw new FerryError("conflict", `Cannot forget host "${host.name}": it is alive`, {
      remedy: "Let it leave instead, on itself: ferry cluster leave",
    });
  }
  const owned = await store.ownedBy(host.id);
  if (owned.length > 0) {
    throw new FerryError(
      "in-use",
      `Cannot forget host "${host.name}": ${owned.length} of its VMs found no other host`,
      { remedy: "See why not: ferry cluster status" },
    );
  }
  await removeHost(store, host.id);
}

/** What a host that is no more has left in etcd; never while it owns a VM. */
export async function removeHost(store: ClusterStore, host: string): Promise<void> {
  const { keys, etcd } = store;
  const coordinator = await etcd.get(keys.coordinator);
  const holds = coordinator !== undefined && coordinator.value.includes(host);
  await etcd.transact({
    changes: [
      { delete: keys.host(host) },
      { delete: keys.beat(host) },
      { delete: keys.death(host) },
      { delete: keys.fence(host) },
      { delete: keys.volumeState(host) },
      ...(holds ? [{ delete: keys.coordinator }] : []),
    ],
  });
}

/** The last member can't be taken out of etcd: another takes its place first. */
async function giveMemberUp(
  parts: ClusterParts,
  membership: Membership,
  self: HostRecord,
): Promise<void> {
  const { store } = membership;
  const members = await listMembers(store.etcd);
  const mine = members.find(({ peerUrl }) => peerUrl === peerUrlOf(self));
  if (mine === undefined) return;
  if (members.length === 1) {
    throw new FerryError(
      "conflict",
      "Cannot leave the cluster: this host has the only member of etcd",
      { remedy: "Let the other hosts leave first, or join a third host: then others have one too" },
    );
  }
  // The rest is said to the others: one's own does not answer once it is removed.
  const endpoints = membership.own.endpoints.filter((endpoint) => endpoint !== mine.endpoint);
  await removeMemberOnceSettled(store.etcd, mine.id);
  if (endpoints.length > 0) membership.learn({ endpoints });
  parts.log.warn("this host's member of etcd is removed");
}

function hostChanges(
  { trust, host: name }: ClusterParts,
  { keys }: ClusterStore,
  { leaseMs }: ClusterSettings,
  place: HostRecord["place"],
  now: number,
) {
  const { id } = trust.member().host;
  const record: HostRecord = { id, name, joinedAt: now, since: now, incarnation: 1, place };
  return [
    { put: keys.host(id), value: writeRecord(record) },
    { put: keys.beat(id), value: writeRecord({ incarnation: 1, leaseMs }) },
    { delete: keys.death(id) },
  ];
}

/** Where a member of etcd of this host would be: as its certificate has it, or nobody would believe the member. */
export async function placeOf(parts: ClusterParts): Promise<NonNullable<HostRecord["place"]>> {
  const { advertise, clientPort, peerPort } = parts;
  try {
    await lookup(advertise);
    return { address: advertise, clientPort, peerPort };
  } catch (cause) {
    throw new FerryError("system-refused", `Cannot find the address of "${advertise}"`, {
      remedy: "Set api.advertise to this host's address, or let the name be known",
      cause,
    });
  }
}

function clientOf(
  parts: ClusterParts,
  { endpoints, tls }: Pick<LocalMembership, "endpoints" | "tls">,
): EtcdClient {
  return new EtcdClient(() => ({ endpoints, ...clusterTls(parts, { tls }) }));
}

export async function untilAnswers(etcd: EtcdClient, isRunning: () => boolean): Promise<void> {
  const deadline = performance.now() + etcdStartMsMax;
  for (;;) {
    try {
      await etcd.list("/", { timeoutMs: 1_000 });
      return;
    } catch (cause) {
      if (performance.now() > deadline) {
        throw new FerryError(
          "system-refused",
          `Cannot start etcd: ${isRunning() ? "it does not answer" : "it does not run"} (${errorChain(cause)})`,
          { remedy: "See etcd.log in the state directory under cluster/etcd", cause },
        );
      }
    }
    await wait(etcdStartEveryMs);
  }
}

function requireNone({ host }: ClusterParts, { membership }: LocalState): void {
  if (membership === undefined) return;
  throw new FerryError(
    "conflict",
    `Cannot enter a cluster: host "${host}" is in "${membership.name}"`,
    {
      remedy: "A host is in one cluster; leave it first: ferry cluster leave",
    },
  );
}

export function noCluster(host: string): FerryError {
  return new FerryError(
    "not-found",
    `Cannot join a cluster: no host of the domain of "${host}" is in one`,
    {
      remedy: "Create one on the first host: ferry cluster create NAME",
    },
  );
}
