/**
 * Proposes moves that even out memory and processors over the hosts of a cluster, with the reason for each, and the best host for one VM. Only
 * proposes. Pure.
 */
import { obstacle, type PlacedVm, type PlaceHost } from "./placement.ts";

export interface BalanceHost extends PlaceHost {
  readonly memoryTotalBytes: number;
  readonly threads: number;
}

export interface BalanceVm extends PlacedVm {
  readonly vcpus: number;
  /** Id of the host that has it. */
  readonly host: string;
}

export interface ProposedMove {
  readonly vm: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

/** Below it, evening out is not worth a move. */
const spreadLeast = 0.15;
/** Who has moved these looks anew. */
const movesMax = 32;

/** Share of what a host has that its VMs take: memory can't be given twice, processors can; so memory counts more. */
function load(host: BalanceHost, vcpus: number): number {
  const memory = 1 - host.memoryAvailableBytes / Math.max(1, host.memoryTotalBytes);
  const processors = Math.min(1, vcpus / Math.max(1, host.threads * 4));
  return 0.75 * memory + 0.25 * processors;
}

export function proposeBalance(
  vms: readonly BalanceVm[],
  hosts: readonly BalanceHost[],
): ProposedMove[] {
  const places = hosts.map((host) => ({ ...host, groups: [...host.groups] }));
  const present = vms.map((vm) => ({ ...vm }));
  const moves: ProposedMove[] = [];
  const loadOf = (host: BalanceHost): number =>
    load(
      host,
      present
        .filter((vm) => vm.host === host.id && vm.wanted === "running")
        .reduce((sum, { vcpus }) => sum + vcpus, 0),
    );
  while (moves.length < movesMax) {
    const byLoad = places.toSorted((a, b) => loadOf(b) - loadOf(a));
    const most = byLoad[0];
    const least = byLoad.at(-1);
    if (most === undefined || least === undefined) break;
    const spread = loadOf(most) - loadOf(least);
    if (spread < spreadLeast) break;
    const best = bestMove(present, most, least, spread, loadOf, moves);
    if (best === undefined) break;
    const before = [loadOf(most), loadOf(least)];
    shift(best, most, least);
    const after = [loadOf(most), loadOf(least)];
    const reason = `"${most.name}" goes from ${percent(before[0])} to ${percent(after[0])}, "${least.name}" from ${percent(before[1])} to ${percent(after[1])}`;
    moves.push({ vm: best.id, from: most.id, to: least.id, reason });
  }
  return moves;
}

/** The host that would be left with the most room; null when none can have it, with the reasons. */
export function bestHost(
  vm: BalanceVm,
  hosts: readonly BalanceHost[],
): { readonly host: string | null; readonly reason: string } {
  const others = hosts.filter(({ id }) => id !== vm.host);
  const fit = others.filter((host) => obstacle(vm, host) === null);
  const rank = ({ name }: BalanceHost): number => {
    const place = vm.policy.preferredHosts.indexOf(name);
    return place < 0 ? vm.policy.preferredHosts.length : place;
  };
  const kin = ({ groups }: BalanceHost): number =>
    vm.policy.apart.filter((group) => groups.includes(group)).length;
  const [best] = fit.toSorted(
    (a, b) =>
      rank(a) - rank(b) || kin(a) - kin(b) || b.memoryAvailableBytes - a.memoryAvailableBytes,
  );
  if (best !== undefined) {
    return {
      host: best.id,
      reason: `"${best.name}" has the most room of the hosts that may have it`,
    };
  }
  const reasons = others.map((host) => `${host.name}: ${obstacle(vm, host)}`).join(", ");
  return { host: null, reason: reasons === "" ? "there is no other host" : reasons };
}

type Place = BalanceHost & { groups: string[]; memoryAvailableBytes: number };

function bestMove(
  vms: readonly (BalanceVm & { host: string })[],
  most: Place,
  least: Place,
  spread: number,
  loadOf: (host: BalanceHost) => number,
  moves: readonly ProposedMove[],
): (BalanceVm & { host: string }) | undefined {
  const candidates = vms.filter(
    (vm) =>
      vm.host === most.id &&
      vm.wanted === "running" &&
      // One that has moved already is where it should be.
      !moves.some((move) => move.vm === vm.id) &&
      obstacle(vm, least) === null &&
      !vm.policy.apart.some((group) => least.groups.includes(group)) &&
      !isPreferred(vm, most, least),
  );
  const spreadAfter = (vm: BalanceVm & { host: string }): number => {
    shift(vm, most, least);
    const after = Math.abs(loadOf(most) - loadOf(least));
    shift(vm, least, most);
    return after;
  };
  const [best] = candidates
    .map((vm) => ({ vm, after: spreadAfter(vm) }))
    .filter(({ after }) => after < spread)
    .toSorted((a, b) => a.after - b.after || a.vm.name.localeCompare(b.vm.name));
  return best?.vm;
}

function shift(vm: BalanceVm & { host: string }, from: Place, to: Place): void {
  vm.host = to.id;
  from.memoryAvailableBytes += vm.memoryBytes;
  to.memoryAvailableBytes -= vm.memoryBytes;
}

/** It is where it was wanted, and would not be. */
function isPreferred({ policy }: BalanceVm, from: BalanceHost, to: BalanceHost): boolean {
  return policy.preferredHosts.includes(from.name) && !policy.preferredHosts.includes(to.name);
}

function percent(share: number | undefined): string {
  return `${Math.round((share ?? 0) * 100)} %`;
}
