/** How an event changes the lists that the pages show. Pure. */
import type { MigrationRecord } from "../../../src/migration/record.ts";
import type { Vm } from "../../../src/api/schema/vm.ts";

/** One host's answer for a VM takes the place of its last; during a move two hosts answer for one VM. */
export function withVm(vms: readonly Vm[], vm: Vm): Vm[] {
  const at = vms.findIndex(({ id, host }) => id === vm.id && host === vm.host);
  return at === -1 ? [...vms, vm] : vms.with(at, vm);
}

export function withoutVm(vms: readonly Vm[], id: string, host: string): Vm[] {
  return vms.filter((vm) => vm.id !== id || vm.host !== host);
}

/** The one row to show of each VM: its owner's; of two owners, for a moment after a handover, the newer. By name. */
export function ownedVms(vms: readonly Vm[]): Vm[] {
  const byId = new Map<string, Vm>();
  for (const vm of vms) {
    const present = byId.get(vm.id);
    if (present === undefined || weight(vm) > weight(present)) byId.set(vm.id, vm);
  }
  return [...byId.values()].sort(byName);
}

/** A skeleton that waits for a guest is no VM to show before the guest is there. */
function weight({ ownership, generation }: Vm): number {
  const rank = ownership === "owner" ? 2 : ownership === "handed-over" ? 1 : 0;
  return rank * 1e9 + generation;
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

export function byName(one: { readonly name: string }, other: { readonly name: string }): number {
  return collator.compare(one.name, other.name);
}

/** Both hosts tell of a migration; the source's record is the full one. Newest first. */
export function withMigration(
  records: readonly MigrationRecord[],
  record: MigrationRecord,
): MigrationRecord[] {
  const at = records.findIndex(({ id }) => id === record.id);
  const present = records[at];
  if (present === undefined) {
    return [record, ...records].sort((one, other) => other.requestedAt - one.requestedAt);
  }
  if (present.role === "source" && record.role === "target") return [...records];
  return records.with(at, record);
}
