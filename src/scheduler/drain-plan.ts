/**
 * Plans how a host is emptied: which VM goes where, in which order, and which stay. The least risk first, so that what may
 * fail does so when most is done; each to the host with the most memory left. Pure.
 */

export interface DrainVm {
  readonly id: string;
  readonly name: string;
  readonly memoryBytes: number;
  /** Why it cannot move whatever the target, as a sentence's end such as "it is stopped"; null when it may. */
  readonly held: string | null;
}

export interface DrainTarget {
  readonly host: string;
  readonly memoryAvailableBytes: number;
  readonly vms: number;
}

/** What the checks say of one VM and one target. */
export interface DrainCheck {
  readonly vm: string;
  readonly target: string;
  /** What stops the move; none: it is possible. */
  readonly problems: readonly string[];
  readonly warnings: number;
  /** Of disks that would be copied. */
  readonly diskBytes: number;
}

export interface PlannedMove {
  readonly vm: { readonly id: string; readonly name: string };
  readonly target: string;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly warnings: number;
}

export interface StayingVm {
  readonly vm: { readonly id: string; readonly name: string };
  readonly reason: string;
}

export interface DrainPlan {
  /** The first first. */
  readonly moves: readonly PlannedMove[];
  readonly stays: readonly StayingVm[];
}

export function planDrain(
  vms: readonly DrainVm[],
  targets: readonly DrainTarget[],
  checks: readonly DrainCheck[],
): DrainPlan {
  const places = targets.map((target) => ({ ...target }));
  const moves: PlannedMove[] = [];
  const stays: StayingVm[] = [];
  for (const { vm, options } of byRisk(vms, checks)) {
    const { id, name, memoryBytes } = vm;
    const [best] = places
      .filter(
        ({ host, memoryAvailableBytes }) =>
          options.has(host) && memoryAvailableBytes >= memoryBytes,
      )
      .sort(
        (a, b) =>
          b.memoryAvailableBytes - a.memoryAvailableBytes ||
          a.vms - b.vms ||
          a.host.localeCompare(b.host),
      );
    if (best === undefined) {
      stays.push({ vm: { id, name }, reason: whyStays(vm, targets, checks) });
      continue;
    }
    best.memoryAvailableBytes -= memoryBytes;
    best.vms += 1;
    const { warnings, diskBytes } = options.get(best.host) ?? noRisk;
    moves.push({ vm: { id, name }, target: best.host, memoryBytes, diskBytes, warnings });
  }
  return { moves, stays };
}

interface Candidate {
  readonly vm: DrainVm;
  /** Possible targets. */
  readonly options: ReadonlyMap<string, Risk>;
}

type Risk = Pick<DrainCheck, "warnings" | "diskBytes">;
const noRisk: Risk = { warnings: 0, diskBytes: 0 };

function byRisk(vms: readonly DrainVm[], checks: readonly DrainCheck[]): Candidate[] {
  const candidates = vms.map((vm): Candidate => {
    const possible = checks.filter(({ vm: id, problems }) => id === vm.id && problems.length === 0);
    const open = vm.held === null ? possible : [];
    return { vm, options: new Map(open.map((check) => [check.target, check])) };
  });
  // Infinity where nothing is possible; infinities are compared before they are subtracted.
  const least = ({ options }: Candidate, of: keyof Risk): number =>
    Math.min(...[...options.values()].map((risk) => risk[of]));
  const compare = (a: number, b: number): number => (a === b ? 0 : a - b);
  return candidates.toSorted(
    (a, b) =>
      compare(least(a, "warnings"), least(b, "warnings")) ||
      compare(least(a, "diskBytes"), least(b, "diskBytes")) ||
      a.vm.memoryBytes - b.vm.memoryBytes ||
      a.vm.name.localeCompare(b.vm.name),
  );
}

function whyStays(
  vm: DrainVm,
  targets: readonly DrainTarget[],
  checks: readonly DrainCheck[],
): string {
  if (vm.held !== null) return vm.held;
  if (targets.length === 0) return "no other host takes moves";
  const own = checks.filter((check) => check.vm === vm.id);
  const reasons = targets.map(({ host }) => {
    const problems = own.find(({ target }) => target === host)?.problems ?? ["it was not checked"];
    return `${host}: ${problems.length === 0 ? "its memory goes to VMs planned before" : problems.join("; ")}`;
  });
  return reasons.join(". ");
}
