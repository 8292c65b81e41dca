/**
 * What to do next so that etcd has as many members as it should, on hosts that live: one step at a time, since each changes what a quorum is.
 * Pure.
 */

export interface EtcdMemberSeen {
  /** etcd's number of it. */
  readonly id: string;
  /** It is not counted for the quorum yet. */
  readonly isLearner: boolean;
  readonly peerUrl: string;
}

export interface MemberHost {
  readonly id: string;
  readonly peerUrl: string;
  readonly isAlive: boolean;
  readonly joinedAt: number;
}

export type MemberStep =
  | { readonly step: "none" }
  /** Its host has left: it counts for a quorum that it will never help to make. */
  | { readonly step: "remove"; readonly member: string }
  /** Make a member that does not count yet. */
  | { readonly step: "add"; readonly host: string }
  /** Start it if it does not run, and let it count once it has caught up. */
  | { readonly step: "promote"; readonly host: string; readonly member: string };

/** `wanted`: the setting; fewer hosts make fewer members, and an even number would only lower what may fail. */
export function nextMemberStep(
  members: readonly EtcdMemberSeen[],
  hosts: readonly MemberHost[],
  wanted: number,
): MemberStep {
  const hostOf = (member: EtcdMemberSeen) =>
    hosts.find(({ peerUrl }) => peerUrl === member.peerUrl);
  const gone = members.find((member) => hostOf(member) === undefined);
  if (gone !== undefined) return { step: "remove", member: gone.id };
  const learner = members.find(({ isLearner }) => isLearner);
  if (learner !== undefined) {
    const host = hostOf(learner);
    return host === undefined || !host.isAlive
      ? { step: "remove", member: learner.id }
      : { step: "promote", host: host.id, member: learner.id };
  }
  const goal = membersFor(hosts.length, wanted);
  if (members.length < goal) {
    const [next] = hosts
      .filter((host) => host.isAlive && !members.some(({ peerUrl }) => peerUrl === host.peerUrl))
      .toSorted((a, b) => a.joinedAt - b.joinedAt);
    if (next !== undefined) return { step: "add", host: next.id };
  }
  if (members.length > goal) {
    // The youngest, but a dead one before.
    const [last] = members.toSorted((a, b) => rank(hostOf(b)) - rank(hostOf(a)));
    if (last !== undefined) return { step: "remove", member: last.id };
  }
  return { step: "none" };
}

export function membersFor(hosts: number, wanted: number): number {
  const most = Math.min(hosts, wanted);
  return most % 2 === 0 ? Math.max(1, most - 1) : most;
}

function rank(host: MemberHost | undefined): number {
  if (host === undefined) return Number.POSITIVE_INFINITY;
  return host.isAlive ? host.joinedAt : Number.MAX_VALUE;
}
