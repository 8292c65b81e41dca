/**
 * Which host shall have a VM that lost its own: among those that may, the first by preference, then apart from its kin, then the one with the
 * most memory left. Pure.
 */
import type { VmPolicy } from "../vm/vm-policy.ts";

export interface PlacedVm {
  readonly id: string;
  readonly name: string;
  readonly memoryBytes: number;
  readonly wanted: "running" | "stopped";
  readonly policy: VmPolicy;
  /** Pools and switches that it cannot start without. */
  readonly pools: readonly string[];
  readonly switches: readonly string[];
  /** Hosts that could not start it. */
  readonly tried: readonly string[];
}

export interface PlaceHost {
  readonly id: string;
  readonly name: string;
  readonly memoryAvailableBytes: number;
  readonly runningVms: number;
  readonly drained: boolean;
  readonly pools: readonly string[];
  readonly switches: readonly string[];
  /** Groups (`apart`) of the VMs that it has. */
  readonly groups: readonly string[];
}

export interface Placement {
  readonly vm: string;
  /** The host's id; null when none will do. */
  readonly host: string | null;
  readonly reason: string;
}

const ranks: Readonly<Record<VmPolicy["priority"], number>> = {
  high: 0,
  normal: 1,
  low: 2,
  never: 3,
};

/** In the order in which they are to be started. Each placement counts for those after it. */
export function placeVms(vms: readonly PlacedVm[], hosts: readonly PlaceHost[]): Placement[] {
  const places = hosts.map((host) => ({ ...host, groups: [...host.groups] }));
  return inOrder(vms).map((vm) => {
    const fit = places.filter((host) => obstacle(vm, host) === null);
    const best = fit.toSorted((one, other) => compare(vm, one, other))[0];
    if (best === undefined) return { vm: vm.id, host: null, reason: whyNone(vm, places) };
    if (vm.wanted === "running") {
      best.memoryAvailableBytes -= vm.memoryBytes;
      best.runningVms += 1;
    }
    best.groups.push(...vm.policy.apart);
    return { vm: vm.id, host: best.id, reason: reasonFor(vm, best) };
  });
}

/** Why a host cannot have the VM, as a sentence's end; null when it can. */
export function obstacle(vm: PlacedVm, host: PlaceHost): string | null {
  const { possibleHosts } = vm.policy;
  if (possibleHosts !== null && !possibleHosts.includes(host.name))
    return "it is not among its possible hosts";
  if (host.drained) return "it is drained";
  if (vm.tried.includes(host.id)) return "it could not start it";
  const pool = vm.pools.find((name) => !host.pools.includes(name));
  if (pool !== undefined) return `it has no pool "${pool}"`;
  const lan = vm.switches.find((name) => !host.switches.includes(name));
  if (lan !== undefined) return `it has no switch "${lan}"`;
  if (vm.wanted === "running" && host.memoryAvailableBytes < vm.memoryBytes) {
    return "it has not enough memory left";
  }
  return null;
}

function inOrder(vms: readonly PlacedVm[]): PlacedVm[] {
  return vms.toSorted(
    (one, other) =>
      ranks[one.policy.priority] - ranks[other.policy.priority] ||
      // The large ones first: the small ones find room everywhere.
      other.memoryBytes - one.memoryBytes ||
      one.name.localeCompare(other.name),
  );
}

function compare(vm: PlacedVm, one: PlaceHost, other: PlaceHost): number {
  return (
    preference(vm, one) - preference(vm, other) ||
    kin(vm, one) - kin(vm, other) ||
    other.memoryAvailableBytes - one.memoryAvailableBytes ||
    one.runningVms - other.runningVms ||
    one.name.localeCompare(other.name)
  );
}

function preference({ policy }: PlacedVm, { name }: PlaceHost): number {
  const place = policy.preferredHosts.indexOf(name);
  return place < 0 ? policy.preferredHosts.length : place;
}

function kin({ policy }: PlacedVm, { groups }: PlaceHost): number {
  return policy.apart.filter((group) => groups.includes(group)).length;
}

function reasonFor(vm: PlacedVm, host: PlaceHost): string {
  if (vm.policy.preferredHosts.includes(host.name))
    return `"${host.name}" is one of its preferred hosts`;
  return `"${host.name}" has the most memory left of the hosts that may have it`;
}

function whyNone(vm: PlacedVm, hosts: readonly PlaceHost[]): string {
  if (hosts.length === 0) return "no other host is alive";
  return hosts.map((host) => `${host.name}: ${obstacle(vm, host)}`).join(", ");
}
