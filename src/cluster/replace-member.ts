/**
 * Takes a host's member of etcd out for another: its data are lost, or its host is away for long. The coordinator gives a new one to the host that is longest
 * in the cluster and has none: this one, unless others wait for theirs.
 */
import { FerryError } from "../base/errors.ts";
import { listMembers, memberStatus, peerUrlOf, removeMemberOnceSettled } from "./etcd-members.ts";
import type { Membership } from "./membership.ts";

/**
 * @returns whose member it was. @throws FerryError `not-found` for a host that has none, `conflict` when the others would be no quorum without it; what
 *   etcd says.
 */
export async function replaceMember(
  { store, own }: Membership,
  nameOrId: string,
): Promise<{ id: string; name: string }> {
  if (!own.managed) {
    throw new FerryError(
      "conflict",
      "Cannot replace a member of etcd: somebody else looks after it",
      {
        remedy: "Ask whoever set that etcd up: etcdctl member remove",
      },
    );
  }
  const [{ hosts }, members] = await Promise.all([store.hosts(), listMembers(store.etcd)]);
  const host = hosts.find(({ id, name }) => id === nameOrId || name === nameOrId);
  const member = members.find(({ peerUrl }) => host !== undefined && peerUrl === peerUrlOf(host));
  if (host === undefined || member === undefined) {
    const having = hosts.filter((each) =>
      members.some(({ peerUrl }) => peerUrl === peerUrlOf(each)),
    );
    const names = having
      .map(({ name }) => name)
      .toSorted()
      .join(", ");
    throw new FerryError(
      "not-found",
      `Cannot replace the member of etcd of host "${nameOrId}": ${names} have one`,
      { remedy: "Name one of these" },
    );
  }
  const others = members.filter(({ id, isLearner }) => id !== member.id && !isLearner);
  const asked = others.map(async ({ endpoint }) =>
    endpoint === undefined ? null : await memberStatus(store.etcd, endpoint),
  );
  const working = (await Promise.all(asked)).filter((status) => status?.hasLeader === true).length;
  const needed = Math.floor(others.length / 2) + 1;
  if (working < needed) {
    throw new FerryError(
      "conflict",
      `Cannot replace the member of etcd of host "${host.name}": of the ${others.length} others ${working} work, it takes ${needed}`,
      {
        remedy:
          "Bring those back first, or let more hosts join; if they are lost for good: ferry cluster restore",
      },
    );
  }
  await removeMemberOnceSettled(store.etcd, member.id);
  return { id: host.id, name: host.name };
}
