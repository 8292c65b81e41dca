/**
 * The cluster's data as one document, and their return when all of etcd is lost. Records and not a copy of etcd's files: they are the same in
 * every version of etcd, and Ferry's alone where others use the same etcd.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { errorChain, FerryError } from "../base/errors.ts";
import { placeOf, untilAnswers } from "./enter.ts";
import { EtcdClient } from "./etcd-client.ts";
import { url } from "./etcd-member.ts";
import { listMembers } from "./etcd-members.ts";
import type { Change } from "./etcd-request.ts";
import { clusterKeys } from "./keys.ts";
import { clusterTls, type Membership } from "./membership.ts";
import type { ClusterParts, ClusterPlace } from "./parts.ts";
import { HostRecord, readRecord } from "./records.ts";
import { type OwnedVm, restoredRecords } from "./restored-records.ts";

export interface Backup {
  readonly format: "ferry-cluster-1";
  readonly at: number;
  readonly cluster: { readonly id: string; readonly name: string };
  readonly records: readonly { readonly key: string; readonly value: string }[];
}

/** etcd takes so many changes at once, and a request of 1.5 MiB; in its JSON they are a third longer. */
const changesMax = 100;
const batchCharactersMax = 512 * 1024;

export async function backUp({ now }: ClusterParts, { store, own }: Membership): Promise<Backup> {
  const kept = await store.etcd.list(store.keys.prefix);
  const { beats, deaths, coordinator, moves, volumeStates } = store.keys;
  // Who lives now says nothing of who will live then.
  const lasting = kept.filter(
    ({ key }) =>
      ![beats, deaths, moves, volumeStates].some((prefix) => key.startsWith(prefix)) &&
      key !== coordinator,
  );
  return {
    format: "ferry-cluster-1",
    at: now(),
    cluster: { id: own.id, name: own.name },
    records: lasting.map(({ key, value }) => ({ key, value })),
  };
}

/**
 * Makes a new etcd on this host out of a backup, and tells the other hosts. Where VMs are by now the hosts themselves know better than the backup, and
 * are asked (restored-records.ts). One that does not answer may run what the backup gives to another: it gets no consent any more, and its guests are waited for.
 * @throws FerryError `conflict` while etcd answers: nothing is lost then.
 */
export async function restore(
  parts: ClusterParts,
  membership: Membership,
  backup: Backup,
): Promise<{ readonly told: string[]; readonly silent: string[] }> {
  const { own } = membership;
  if (backup.cluster.id !== own.id) {
    throw new FerryError(
      "bad-input",
      `Cannot restore the backup of cluster "${backup.cluster.name}": this host is in "${own.name}"`,
      { remedy: "Give the backup of this cluster" },
    );
  }
  if (await answers(parts, membership, own.endpoints)) {
    throw new FerryError(
      "conflict",
      "Cannot restore the cluster's data: etcd has a quorum, nothing is lost",
      {
        remedy: "To change the cluster use its commands; a host that is gone: ferry cluster forget",
      },
    );
  }
  membership.isRestoring = true;
  try {
    return await restoreRecords(parts, membership, backup);
  } finally {
    membership.isRestoring = false;
  }
}

async function restoreRecords(
  parts: ClusterParts,
  membership: Membership,
  backup: Backup,
): Promise<{ readonly told: string[]; readonly silent: string[] }> {
  const { own, member } = membership;
  const hosts = hostsOf(backup);
  const { owned, silent } = await askOwned(parts, hosts);
  if (silent.length > 0) {
    parts.log.warn({ silent }, "hosts do not say what they have: their leases are waited for");
    await wait(own.settings.leaseMs);
  }
  const endpoints = own.managed ? [await newMember(parts, membership)] : own.endpoints;
  using etcd = new EtcdClient(() => ({ endpoints, ...clusterTls(parts, own) }));
  await untilAnswers(etcd, () => member.isRunning);
  const { records } = backup;
  const changes = restoredRecords(backup.cluster.id, records, owned, own.settings.leaseMs);
  for (const batch of inBatches(changes)) await etcd.transact({ changes: batch });
  // N.B. only now: the keeper must not meet an etcd that knows nothing of this host.
  membership.learn({ endpoints: [...endpoints] });
  parts.log.warn({ records: changes.length }, "the cluster's data were restored");
  membership.keeper.reload();
  const { id, name, managed } = membership.own;
  parts.publish("cluster.restored", id, { name });
  return await tell(parts, hosts, { id, name, managed, endpoints }, own.host);
}

async function askOwned(
  { peers }: ClusterParts,
  hosts: readonly HostRecord[],
): Promise<{ owned: OwnedVm[]; silent: string[] }> {
  const owned: OwnedVm[] = [];
  const silent: string[] = [];
  await Promise.all(
    hosts.map(async ({ id, name }) => {
      try {
        for (const vm of await peers.ownVms(id)) owned.push({ host: id, ...vm });
      } catch {
        silent.push(name); // what is made of it is the caller's
      }
    }),
  );
  return { owned, silent };
}

function hostsOf({ records, cluster }: Backup): HostRecord[] {
  const { hosts } = clusterKeys(cluster.id);
  return records
    .filter(({ key }) => key.startsWith(hosts))
    .map(({ key, value }) => readRecord(HostRecord, { key, value, revision: "0" }));
}

async function newMember(parts: ClusterParts, { member }: Membership): Promise<string> {
  const place = await placeOf(parts);
  await member.remove();
  member.create({
    ...{ ...place, name: parts.host, state: "new", token: randomUUID() },
    initialCluster: `${parts.host}=${url(place.address, place.peerPort)}`,
  });
  return url(place.address, place.clientPort);
}

/** Takes what was restored on another host: this host's own member of the lost etcd goes. */
export async function takeRestored(
  parts: ClusterParts,
  membership: Membership,
  endpoints: readonly string[],
): Promise<void> {
  using etcd = new EtcdClient(() => ({ endpoints, ...clusterTls(parts, membership.own) }));
  // The new ones may be where those of the old were.
  const present = (await listMembers(etcd)).map(({ endpoint }) => endpoint);
  const old = membership.own.endpoints.filter(
    (endpoint) => !endpoints.includes(endpoint) && !present.includes(endpoint),
  );
  if (await answers(parts, membership, old)) {
    throw new FerryError(
      "conflict",
      "Cannot take restored data: the old etcd has a quorum as this host sees it",
      { remedy: "Two halves of a cluster must not be restored apart; see: ferry cluster status" },
    );
  }
  // Beats first: from now on the restoring host reaches etcd, and consents no more.
  membership.learn({ endpoints: [...endpoints] });
  membership.keeper.reload();
  // N.B. the coordinator may have given this host a member of the new one already.
  const members = await listMembers(etcd);
  if (!members.some(({ id }) => id === membership.member.id)) await membership.member.remove();
}

async function answers(
  parts: ClusterParts,
  { own, store }: Membership,
  endpoints: readonly string[],
): Promise<boolean> {
  const asked = endpoints.map(async (endpoint) => {
    using etcd = new EtcdClient(() => ({ endpoints: [endpoint], ...clusterTls(parts, own) }));
    await etcd.get(store.keys.cluster);
  });
  return await Promise.any(asked).then(
    () => true,
    () => false, // as it must be
  );
}

function inBatches(changes: readonly Change[]): Change[][] {
  const batches: Change[][] = [];
  let characters = Number.POSITIVE_INFINITY;
  for (const change of changes) {
    const more = "put" in change ? change.value.length : 0;
    const last = batches.at(-1);
    if (last === undefined || last.length >= changesMax || characters + more > batchCharactersMax) {
      batches.push([change]);
      characters = more;
    } else {
      last.push(change);
      characters += more;
    }
  }
  return batches;
}

async function tell(
  { peers, log }: ClusterParts,
  hosts: readonly HostRecord[],
  place: ClusterPlace,
  self: string,
): Promise<{ told: string[]; silent: string[] }> {
  const told: string[] = [];
  const silent: string[] = [];
  const others = hosts.filter(({ id }) => id !== self);
  await Promise.all(
    others.map(async ({ id, name }) => {
      try {
        await peers.restored(id, place);
        told.push(name);
      } catch (error) {
        const reason = errorChain(error);
        log.warn({ host: name, reason }, "a host was not told of the restored data");
        silent.push(name);
      }
    }),
  );
  return { told, silent };
}
