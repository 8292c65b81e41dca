/**
 * VMs that a move brings into the cluster: the target notes it before it can be *ready*, and makes the VM the cluster's once it is this host's.
 * Until then the VM is its host's alone, by the journals; so it has one owner at every moment.
 */
import { FerryError } from "../base/errors.ts";
import type { VmPolicy } from "../vm/vm-policy.ts";
import { clusterVm } from "./cluster-vms.ts";
import type { Membership } from "./membership.ts";
import type { ClusterParts } from "./parts.ts";

/** What another moment can mend; anything else is said and given up: the VM runs on as a standalone one. */
const passing: readonly string[] = ["unreachable", "timeout", "busy", "stale"];

/** One look. @throws FerryError when etcd does not answer; it is tried again. */
export async function enterExpected(parts: ClusterParts, membership: Membership): Promise<void> {
  const { local, keeper, store } = membership;
  for (const { vm, policy } of local.entering()) {
    const row = parts.vms.find(vm);
    // The move came to nothing.
    if (row === undefined) local.stopExpecting(vm);
    if (row?.ownership !== "owner" || row.migration !== null || !keeper.mayRun) continue;
    const { hosts } = await store.hosts();
    const names = hosts.map(({ name }) => name);
    try {
      await clusterVm(parts, membership, vm, policyAmong(policy, names));
    } catch (error) {
      const { code, message } = FerryError.from(error);
      if (passing.includes(code)) throw error;
      parts.log.error({ vm: row.definition.name, reason: message }, "a VM stays standalone");
      parts.publish("cluster.vm-refused", vm, { name: row.definition.name, reason: message });
    }
    local.stopExpecting(vm);
  }
}

/** Hosts that this cluster does not have say nothing here. Pure. */
export function policyAmong(policy: VmPolicy, hosts: readonly string[]): VmPolicy {
  const isHere = (name: string): boolean => hosts.includes(name);
  const possible = policy.possibleHosts?.filter(isHere) ?? [];
  return {
    ...policy,
    preferredHosts: policy.preferredHosts.filter(isHere),
    possibleHosts: possible.length === 0 ? null : possible,
  };
}
