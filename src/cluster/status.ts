/** How the cluster stands, as seen from this host: gathered from etcd where it answers, and from what this host knows where it does not. */
import type { Cluster } from "./cluster.ts";
import type { ClusterStatus, EtcdMemberStatus } from "./cluster-status.ts";
import { listMembers, memberStatus } from "./etcd-members.ts";
import { findProblems } from "./problems.ts";
import type { ClusterSettings } from "./records.ts";
import { clusterTimes } from "./times.ts";

/** @throws FerryError `not-found` when this host is in no cluster. */
export async function clusterStatus(cluster: Cluster): Promise<ClusterStatus> {
  const { own, keeper } = cluster.require();
  const [etcd, told] = await Promise.all([etcdStatus(cluster), recordsOf(cluster)]);
  const known = {
    id: own.id,
    name: own.name,
    managed: own.managed,
    settings: own.settings,
    times: clusterTimes(own.settings.leaseMs),
    etcd,
    lease: { standing: keeper.standing, silentMs: keeper.silentMs, trouble: keeper.trouble },
    ...told,
  };
  return { ...known, problems: findProblems(known) };
}

async function etcdStatus(cluster: Cluster): Promise<ClusterStatus["etcd"]> {
  const { store, own } = cluster.require();
  const listed = await listMembers(store.etcd).catch(() =>
    own.endpoints.map((endpoint) => ({ name: "", endpoint, isLearner: false })),
  );
  const members = await Promise.all(
    listed.map(async ({ name, endpoint, isLearner }): Promise<EtcdMemberStatus> => {
      const status = endpoint === undefined ? null : await memberStatus(store.etcd, endpoint);
      return {
        ...{ name, isLearner, endpoint: endpoint ?? null },
        answers: status !== null,
        hasLeader: status?.hasLeader ?? false,
        version: status?.version ?? null,
        dataBytes: status?.dataBytes ?? null,
      };
    }),
  );
  const voting = members.filter(({ isLearner }) => !isLearner);
  const working = voting.filter(({ hasLeader }) => hasLeader).length;
  const needed = Math.floor(voting.length / 2) + 1;
  return { members, voters: voting.length, working, needed, hasQuorum: working >= needed };
}

async function recordsOf(cluster: Cluster): Promise<Pick<ClusterStatus, "hosts" | "vms">> {
  const { store, own, keeper, local } = cluster.require();
  try {
    const [view, coordinator, vms, fences] = await Promise.all([
      store.hosts(),
      store.own(own.host).then((told) => told.coordinator?.host),
      store.vms(),
      store.fences(),
    ]);
    const { hosts, deaths } = view;
    const nameOf = (id: string | null) => hosts.find((host) => host.id === id)?.name ?? id;
    return {
      hosts: hosts.map(({ id, name, incarnation, joinedAt, since }) => {
        const death = deaths.get(id);
        const fence = fences.find(({ host }) => host === id);
        const silentMs =
          id === own.host ? keeper.silentMs : cluster.coordinating?.watch.silentMs(id);
        return {
          ...{ id, name, incarnation, joinedAt, since },
          state:
            death !== undefined ? "dead" : isSilent(silentMs, own.settings) ? "silent" : "alive",
          self: id === own.host,
          coordinator: id === coordinator,
          death: death === undefined ? null : { at: death.at, by: death.by, how: death.how },
          vms: vms.filter(({ owner }) => owner === id).length,
          fence: fence === undefined ? null : { agent: fence.agent, trouble: fence.trouble },
        };
      }),
      vms: vms
        .filter(({ left }) => !left)
        .map(({ id, definition, owner, generation, wanted, since, policy, trouble }) => ({
          ...{ id, name: definition.name, host: nameOf(owner) },
          ...{ generation, wanted, since, policy, trouble: trouble ?? null },
        })),
    };
  } catch {
    // etcd does not answer, as the status says elsewhere: what is known here is better than nothing.
    const self = { id: own.host, name: "", self: true };
    const others = own.others.map((other) => ({ ...other, self: false }));
    return {
      hosts: [self, ...others].map((host) => ({
        ...host,
        name: host.self ? cluster.host : host.name,
        state: "unknown",
        ...{ coordinator: false, incarnation: null, joinedAt: null, since: null, death: null },
        vms: host.self ? local.vms().length : 0,
        fence: null,
      })),
      vms: [],
    };
  }
}

function isSilent(silentMs: number | null | undefined, { leaseMs }: ClusterSettings): boolean {
  return silentMs !== null && silentMs !== undefined && silentMs > clusterTimes(leaseMs).askMs;
}
