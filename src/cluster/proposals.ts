/** Gathers what the proposals of balance.ts are made of: every living host's room and every VM of the cluster. */
import { FerryError } from "../base/errors.ts";
import { type BalanceHost, type BalanceVm, bestHost, proposeBalance } from "./balance.ts";
import { asPlaced } from "./failover.ts";
import type { Membership } from "./membership.ts";
import type { ClusterParts, HostRoom } from "./parts.ts";
import type { VmRecord } from "./records.ts";

/** With names instead of ids. */
export interface Proposal {
  readonly vm: string;
  readonly name: string;
  readonly from: string;
  readonly to: string | null;
  readonly reason: string;
}

export interface Proposals {
  readonly hosts: readonly (Pick<
    HostRoom,
    "memoryAvailableBytes" | "memoryTotalBytes" | "threads" | "runningVms"
  > & {
    readonly name: string;
  })[];
  readonly moves: readonly Proposal[];
}

export async function balanceProposals(
  parts: ClusterParts,
  membership: Membership,
): Promise<Proposals> {
  const { vms, hosts } = await gather(parts, membership);
  const name = (id: string): string => hosts.find((host) => host.id === id)?.name ?? id;
  const moves = proposeBalance(vms, hosts).map(({ vm, from, to, reason }) => ({
    ...{ vm, reason, from: name(from), to: name(to) },
    name: vms.find(({ id }) => id === vm)?.name ?? vm,
  }));
  const shown = hosts.map(
    ({ name: host, memoryAvailableBytes, memoryTotalBytes, threads, runningVms }) => ({
      ...{ name: host, memoryAvailableBytes, memoryTotalBytes, threads, runningVms },
    }),
  );
  return { hosts: shown, moves };
}

/** For any VM of this host, whether it is the cluster's or not. */
export async function bestHostFor(
  parts: ClusterParts,
  membership: Membership,
  nameOrId: string,
): Promise<Proposal> {
  const { definition } = parts.vms.get(nameOrId);
  const { id, name } = definition;
  const { vms, hosts } = await gather(parts, membership);
  const present = vms.find((vm) => vm.id === id) ?? standing(definition, membership.own.host);
  const { host, reason } = bestHost(present, hosts);
  const nameOf = (wanted: string | null) => hosts.find((each) => each.id === wanted)?.name ?? null;
  return { vm: id, name, from: parts.host, to: nameOf(host), reason };
}

function standing(definition: VmRecord["definition"], host: string): BalanceVm {
  const policy = {
    priority: "normal",
    preferredHosts: [],
    possibleHosts: null,
    apart: [],
  } as const;
  const record: VmRecord = {
    ...{ id: definition.id, definition, owner: host, incarnation: 1, generation: 1, since: 0 },
    wanted: "running",
    policy: { ...policy, preferredHosts: [], apart: [] },
  };
  return { ...asPlaced(record, 0), vcpus: vcpusOf(definition), host };
}

function vcpusOf({ cpu }: VmRecord["definition"]): number {
  return cpu.sockets * cpu.cores * cpu.threads;
}

async function gather({ peers, now }: ClusterParts, { store }: Membership) {
  const [view, records] = await Promise.all([store.hosts(), store.vms()]);
  const living = view.hosts.filter(({ id }) => view.beats.has(id) && !view.deaths.has(id));
  const rooms = await Promise.all(
    living.map(async ({ id, name }) => {
      const room = await peers.room(id).catch(() => undefined);
      return room === undefined ? [] : [{ id, name, room }];
    }),
  );
  const hosts = rooms.flat().map(({ id, name, room }): BalanceHost => {
    const groups = records
      .filter(({ owner }) => owner === id)
      .flatMap(({ policy }) => policy.apart);
    return { id, name, ...room, groups };
  });
  if (hosts.length === 0) {
    throw new FerryError("unreachable", "Cannot propose moves: no host of the cluster answers", {
      remedy: "See: ferry cluster status",
    });
  }
  const vms = records.flatMap((record): BalanceVm[] =>
    record.owner === null
      ? []
      : [{ ...asPlaced(record, now()), vcpus: vcpusOf(record.definition), host: record.owner }],
  );
  return { vms, hosts };
}
