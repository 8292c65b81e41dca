/** Making a VM the cluster's, and standalone again, while it runs; and its policy. */
import { FerryError } from "../base/errors.ts";
import type { VmRecord as LocalRecord } from "../vm/vm-host.ts";
import { mayHaveHappened } from "./etcd-error.ts";
import type { Membership } from "./membership.ts";
import type { ClusterParts } from "./parts.ts";
import { boundToHost } from "../vm/bound-to-host.ts";
import type { VmPolicy } from "../vm/vm-policy.ts";
import type { VmRecord } from "./records.ts";
import { listDisks } from "./shared-disks.ts";
import { requireChanged } from "./store.ts";

/**
 * Makes the VM highly available, or gives one that is another policy.
 * @throws FerryError `conflict` with what it has that cannot follow it; what etcd says.
 */
export async function clusterVm(
  parts: ClusterParts,
  membership: Membership,
  nameOrId: string,
  policy: VmPolicy,
): Promise<VmRecord> {
  const { store, own, local, keeper } = membership;
  const vm = parts.vms.get(nameOrId);
  const { id, name } = vm.definition;
  requireOwned(vm, "cluster");
  const disks = await listDisks(membership);
  requireMovable(
    vm,
    disks.map(({ device }) => device),
  );
  await requireKnownHosts(membership, policy);
  if (!keeper.mayRun) throw noLease(name, parts.host);
  const present = await store.vm(id);
  const record: VmRecord = {
    trouble: null,
    tried: [],
    ...present,
    id,
    definition: vm.definition,
    owner: own.host,
    incarnation: own.incarnation,
    generation: vm.generation,
    wanted: vm.state === "running" || vm.state === "paused" ? "running" : "stopped",
    since: present?.since ?? parts.now(),
    policy,
    left: null,
  };
  if (present !== undefined && present.owner !== own.host && !present.left)
    requireChanged(false, `cluster VM "${name}"`);
  // N.B. guarded before anybody else may think that it can take the VM.
  local.guard(id, own.incarnation);
  let done = false;
  try {
    done = await store.replaceVm(present, record, [store.lives(own.host)]);
  } catch (error) {
    // What may be in etcd has to be guarded; the next look settles it.
    if (!mayHaveHappened(error) && present === undefined) local.release(id);
    throw error;
  }
  if (!done && present === undefined) local.release(id);
  requireChanged(done, `cluster VM "${name}"`);
  parts.publish("cluster.vm-clustered", id, { name });
  return record;
}

/** @throws FerryError `not-found` when it is not the cluster's; what etcd says. */
export async function standaloneVm(
  parts: ClusterParts,
  { store, own, local }: Membership,
  nameOrId: string,
): Promise<void> {
  const vm = parts.vms.get(nameOrId);
  const { id, name } = vm.definition;
  requireOwned(vm, "make standalone");
  const present = await store.vm(id);
  if (present === undefined) {
    if (local.incarnationOf(id) === undefined) throw notClustered(name);
    local.release(id);
    return;
  }
  if (present.owner !== own.host) requireChanged(false, `make VM "${name}" standalone`);
  requireChanged(await store.replaceVm(present, undefined), `make VM "${name}" standalone`);
  // N.B. only now: until the record is gone others may take the VM.
  local.release(id);
  parts.publish("cluster.vm-standalone", id, { name });
}

export function notClustered(name: string): FerryError {
  return new FerryError("not-found", `VM "${name}" is not the cluster's`, {
    remedy: `Make it highly available: ferry vm cluster ${name}`,
  });
}

function requireOwned({ definition, ownership, migration }: LocalRecord, verb: string): void {
  if (migration !== null) {
    throw new FerryError("busy", `Cannot ${verb} VM "${definition.name}": a migration holds it`, {
      remedy: "Wait until the move is over",
    });
  }
  if (ownership === "owner") return;
  throw new FerryError(
    "conflict",
    `Cannot ${verb} VM "${definition.name}": it is ${ownership} here`,
    {
      remedy: "Ask the host that owns it",
    },
  );
}

/** What lives on one host only would be lost with it. */
function requireMovable({ definition }: LocalRecord, shared: readonly string[]): void {
  const bound = boundToHost(definition, shared);
  if (bound === undefined) return;
  throw new FerryError("conflict", `Cannot cluster VM "${definition.name}": it has ${bound}`, {
    remedy:
      "A host that dies would take that with it; take it from the VM first, or make a disk that every host has the cluster's: ferry cluster disk add",
  });
}

async function requireKnownHosts({ store }: Membership, policy: VmPolicy): Promise<void> {
  const { hosts } = await store.hosts();
  const names = hosts.map(({ name }) => name);
  const stranger = [...policy.preferredHosts, ...(policy.possibleHosts ?? [])].find(
    (name) => !names.includes(name),
  );
  if (stranger === undefined) return;
  throw new FerryError(
    "not-found",
    `Cannot find host "${stranger}" in the cluster: it has ${names.join(", ")}`,
    {
      remedy: "Name hosts of the cluster",
    },
  );
}

function noLease(name: string, host: string): FerryError {
  return new FerryError(
    "conflict",
    `Cannot cluster VM "${name}": host "${host}" does not hold its lease`,
    { remedy: "See why: ferry cluster status" },
  );
}
