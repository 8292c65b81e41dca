/**
 * The records of a backup as the cluster goes on with them: who has which VM by now the hosts themselves know better than the backup. Were it left to them to
 * say so afterwards, whoever looked first would start what another one runs. Pure.
 */
import type { Change, Kept } from "./etcd-request.ts";
import { clusterKeys } from "./keys.ts";
import { HostRecord, readRecord, VmRecord, writeRecord } from "./records.ts";

/** A VM that is a host's own, by its registry. */
export interface OwnedVm {
  readonly host: string;
  readonly id: string;
  readonly generation: number;
}

export function restoredRecords(
  cluster: string,
  records: readonly { readonly key: string; readonly value: string }[],
  owned: readonly OwnedVm[],
  leaseMs: number,
): Change[] {
  const keys = clusterKeys(cluster);
  const kept = records.map(({ key, value }): Kept => ({ key, value, revision: "0" }));
  const hosts = kept
    .filter(({ key }) => key.startsWith(keys.hosts))
    .map((each) => readRecord(HostRecord, each));
  const vms = kept
    .filter(({ key }) => key.startsWith(keys.vms))
    .map((each) => asOwned(readRecord(VmRecord, each), hosts, owned));
  const isVm = (key: string): boolean => key.startsWith(keys.vms) || key.startsWith(keys.allOwned);
  return [
    ...kept.filter(({ key }) => !isVm(key)).map(({ key, value }) => ({ put: key, value })),
    // Every host may go on as what it was: with a beat to continue.
    ...hosts.map(({ id, incarnation }) => ({
      put: keys.beat(id),
      value: writeRecord({ incarnation, leaseMs }),
    })),
    ...vms.flatMap((vm): Change[] => [
      { put: keys.vm(vm.id), value: writeRecord(vm) },
      ...(vm.left ? [] : [{ put: keys.ownedVm(vm.owner, vm.id), value: String(vm.generation) }]),
    ]),
  ];
}

/** The newest word counts; that of the backup where no host has one. */
function asOwned(vm: VmRecord, hosts: readonly HostRecord[], owned: readonly OwnedVm[]): VmRecord {
  const [newest] = owned
    .filter(({ id, generation }) => id === vm.id && generation >= vm.generation)
    .toSorted((a, b) => b.generation - a.generation);
  const host = hosts.find(({ id }) => id === newest?.host);
  if (newest === undefined || host === undefined) return vm;
  const { generation } = newest;
  return { ...vm, owner: host.id, incarnation: host.incarnation, generation, left: null };
}
