/**
 * Moves that cross a cluster's border (docs/decisions/0220). The record of the cluster that the VM leaves is the authority: with the swap it says
 * that the VM has left. A target outside can't read it, and asks the hosts that can.
 */
import type { OwnerQuestion, PassageWish } from "../migration/ownership.ts";
import type { OwnerRecord } from "../migration/recovery-facts.ts";
import type { Passage } from "../vm/passage.ts";
import type { Membership } from "./membership.ts";
import type { ClusterParts } from "./parts.ts";
import type { VmRecord } from "./records.ts";

const plainPolicy = {
  priority: "normal",
  preferredHosts: [],
  possibleHosts: null,
  apart: [],
} as const;

/** The source's word on it. @throws EtcdError. */
export async function passageOf(
  membership: Membership | undefined,
  vm: string,
  target: string,
  { mayLeave, enter }: PassageWish,
): Promise<Passage | undefined> {
  const isOurs = membership?.local.incarnationOf(vm) !== undefined;
  if (!isOurs)
    return enter ? { enters: { ...plainPolicy, preferredHosts: [], apart: [] } } : undefined;
  const { store, own } = membership;
  const [{ hosts }, record] = await Promise.all([store.hosts(), store.vm(vm)]);
  if (!mayLeave || hosts.some(({ id, name }) => id === target || name === target)) return undefined;
  return {
    leaves: { cluster: own.id, name: own.name, hosts: hosts.map(({ id }) => id) },
    ...(enter && record !== undefined && { enters: record.policy }),
  };
}

/** Whom the record names, for a move out of this cluster that a target asks about. */
export function ownerAsSeen(record: VmRecord | undefined, generation: number): OwnerRecord {
  if (record === undefined || hasLeftBefore(record, generation)) return "journal";
  if (record.generation === generation) return "source";
  return record.left && record.generation === generation + 1 ? "target" : "elsewhere";
}

/**
 * Whether the record is of a passage before this generation: the VM left, came back, and is not the cluster's again yet. Such a record says nothing of a
 * move that begins then; the VM is its host's, by the journals (entering.ts).
 */
export function hasLeftBefore({ left, generation }: VmRecord, present: number): boolean {
  return left !== null && left !== undefined && generation < present;
}

/** Asks every host that can read the record; the first that could answers. */
export async function ownerElsewhere(
  { peers }: ClusterParts,
  { vm, generation }: OwnerQuestion,
  { cluster, hosts }: NonNullable<Passage["leaves"]>,
): Promise<OwnerRecord> {
  const asked = hosts.map(async (host) => {
    const owner = await peers.ownerOf(host, { cluster, vm, generation });
    if (owner === "silent") throw new Error("it can't read the record");
    return owner;
  });
  return await Promise.any(asked).catch(() => "silent" as const);
}
