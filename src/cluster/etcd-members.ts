/** etcd's members, as etcd itself lists and changes them, and the coordinator's keeping of their number (member-plan.ts). */
import { setTimeout as delay } from "node:timers/promises";
import Type from "typebox";
import { url } from "./etcd-member.ts";
import type { EtcdClient } from "./etcd-client.ts";
import { EtcdError } from "./etcd-error.ts";
import { read } from "./etcd-request.ts";
import { type EtcdMemberSeen, type MemberHost, nextMemberStep } from "./member-plan.ts";
import type { Membership } from "./membership.ts";
import type { ClusterParts } from "./parts.ts";
import type { HostRecord } from "./records.ts";
import type { HostsView } from "./store.ts";

const Member = Type.Object({
  ID: Type.String(),
  name: Type.Optional(Type.String()),
  peerURLs: Type.Array(Type.String()),
  clientURLs: Type.Optional(Type.Array(Type.String())),
  isLearner: Type.Optional(Type.Boolean()),
});
const MemberList = Type.Object({ members: Type.Array(Member) });

export interface ListedMember extends EtcdMemberSeen {
  /** Empty until it has started. */
  readonly name: string;
  /** Where it answers clients; undefined until it has started. */
  readonly endpoint: string | undefined;
}

export async function listMembers(etcd: EtcdClient): Promise<ListedMember[]> {
  const answer = await etcd.ask("/v3/cluster/member/list", {}, { repeatable: true });
  const { members } = read(MemberList, JSON.parse(answer.toString()));
  return members.map(({ ID, name = "", peerURLs, clientURLs = [], isLearner = false }) => ({
    ...{ id: ID, name, isLearner },
    peerUrl: peerURLs[0] ?? "",
    endpoint: clientURLs[0],
  }));
}

function removeMember(etcd: EtcdClient, id: string): Promise<Buffer> {
  return etcd.ask("/v3/cluster/member/remove", { ID: id });
}

/**
 * Removes a member that can be spared as far as this host sees. etcd counts only members that it has been connected to for five
 * seconds: one that has just come back, or that is not known to be gone yet, makes it refuse, and a person would be told to bring
 * back what is there. @throws FerryError what etcd says after `settledMs`
 */
export async function removeMemberOnceSettled(etcd: EtcdClient, id: string): Promise<void> {
  const deadline = performance.now() + settledMs;
  for (;;) {
    try {
      await removeMember(etcd, id);
      return;
    } catch (error) {
      const maySucceed = error instanceof EtcdError && error.isUnsettled;
      if (!maySucceed || performance.now() >= deadline) throw error;
      await delay(lookMs);
    }
  }
}

/** etcd's five seconds, and as long for its members to connect to each other. */
const settledMs = 10_000;
const lookMs = 500;

export function peerUrlOf({ place }: HostRecord): string {
  return place === null ? "" : url(place.address, place.peerPort);
}

/** How one member of etcd stands, asked itself; null when it does not answer. */
export async function memberStatus(
  etcd: EtcdClient,
  endpoint: string,
): Promise<{ version: string; hasLeader: boolean; dataBytes: number } | null> {
  try {
    const answer = await etcd.askAt(endpoint, "/v3/maintenance/status", {}, { timeoutMs: 2_000 });
    const { version, leader = "0", dbSize = "0" } = read(Status, JSON.parse(answer.toString()));
    return { version, hasLeader: leader !== "0", dataBytes: Number(dbSize) };
  } catch {
    return null; // that it does not answer is what is asked
  }
}

const Status = Type.Object({
  version: Type.String(),
  leader: Type.Optional(Type.String()),
  dbSize: Type.Optional(Type.String()),
});

/** One step towards the number of members that is wanted. May be repeated by another coordinator at any point. */
export async function keepMembers(
  { log, peers, publish }: ClusterParts,
  { store, own }: Membership,
  view: HostsView,
): Promise<void> {
  const { etcd } = store;
  const members = await listMembers(etcd);
  const hosts: MemberHost[] = view.hosts.map((host) => ({
    id: host.id,
    peerUrl: peerUrlOf(host),
    isAlive: view.beats.has(host.id) && !view.deaths.has(host.id),
    joinedAt: host.joinedAt,
  }));
  const next = nextMemberStep(members, hosts, own.settings.etcdMembers);
  switch (next.step) {
    case "none":
      return;
    case "remove":
      log.warn({ member: next.member }, "a member of etcd is removed");
      await removeMember(etcd, next.member);
      publish("cluster.member-removed", next.member, {});
      return;
    case "add": {
      const host = view.hosts.find(({ id }) => id === next.host);
      if (host === undefined) return;
      await etcd.ask("/v3/cluster/member/add", { peerURLs: [peerUrlOf(host)], isLearner: true });
      log.info({ host: host.name }, "a host gets a member of etcd");
      return;
    }
    case "promote": {
      const host = view.hosts.find(({ id }) => id === next.host);
      if (host === undefined || host.place === null) return;
      const named = members.map(({ name, peerUrl }) => `${name || host.name}=${peerUrl}`);
      await peers.startMember(host.id, {
        ...host.place,
        name: host.name,
        initialCluster: named.join(","),
        state: "existing",
        token: own.id,
        member: next.member,
      });
      // Refused until it has caught up; asked again at the next look.
      await etcd.ask("/v3/cluster/member/promote", { ID: next.member });
      log.info({ host: host.name }, "a host's member of etcd counts");
      publish("cluster.member-added", host.id, { name: host.name });
      return;
    }
  }
}
