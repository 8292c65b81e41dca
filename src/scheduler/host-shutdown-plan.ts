/**
 * What becomes of a host's VMs when the host is shut down: the plan that is shown, the next step with a VM, and how the time is
 * divided. What a VM may be asked in which state is the lifecycle's table. Pure.
 */
import { allowedRequests } from "../vm/lifecycle.ts";
import type { ShutdownPolicy } from "../vm/shutdown-policy.ts";
import type { VmRecord } from "../vm/vm-host.ts";
import type { DrainPlan } from "./drain-plan.ts";

/** What the machine does when its VMs are gone. */
export const shutdownEnds = ["power-off", "reboot", "stay-on"] as const;
export type ShutdownEnd = (typeof shutdownEnds)[number];

/** From the power that is taken from the last guest until its QEMU is gone and its disks are released. */
const powerOffMs = 10_000;

export interface ShutdownTimes {
  /** Moves that are not over by then are cancelled. Milliseconds since the epoch, as the rest. */
  readonly movesUntil: number;
  /** Guests that have not shut down by then lose their power. */
  readonly guestsUntil: number;
  /** Nothing is waited for any longer. */
  readonly until: number;
}

/** However short the whole is, guests keep a third of it: a guest whose move takes too long shall still end in order. */
export function divideTime(beginMs: number, withinMs: number, guestMs: number): ShutdownTimes {
  const until = beginMs + withinMs;
  const guestsUntil = until - Math.min(powerOffMs, withinMs / 3);
  return { until, guestsUntil, movesUntil: guestsUntil - Math.min(guestMs, withinMs / 3) };
}

type Present = Pick<VmRecord, "definition" | "ownership" | "state" | "migration">;
export type PolicyOf = (vm: Present) => ShutdownPolicy;

/** Without `ownPolicies` somebody has said for this once what holds for all of them. */
export function policyOf(
  { definition }: Pick<Present, "definition">,
  host: ShutdownPolicy,
  ownPolicies: boolean,
): ShutdownPolicy {
  return ownPolicies ? (definition.atHostShutdown ?? host) : host;
}

/** When guests that are asked now lose their power: moves that end early leave them no more time than they are to have. */
export function powerOffAt(askedAtMs: number, guestsUntil: number, guestMs: number): number {
  return Math.min(guestsUntil, askedAtMs + guestMs);
}

/** What may be done with a VM now; `wait`: something else holds it; `none`: nothing runs here that is this host's. */
export type ShutdownStep = "none" | "wait" | "shut-down" | "power-off";

export function nextStep(
  { ownership, state, migration }: Pick<VmRecord, "ownership" | "state" | "migration">,
  policy: ShutdownPolicy,
): ShutdownStep {
  // A skeleton of a move that has not come to its end is no guest; its source goes on without this host.
  if (ownership !== "owner" || state === "stopped" || state === "crashed") return "none";
  const allowed = allowedRequests[state];
  if (migration !== null) return "wait";
  if (policy !== "power-off" && allowed.includes("shutdown")) return "shut-down";
  return allowed.includes("power-off") ? "power-off" : "wait";
}

export interface PlannedEnd {
  readonly vm: { readonly id: string; readonly name: string };
  readonly does: "move" | "shut-down" | "power-off";
  /** Where it goes; null where it does not, or where a move that is under way already takes it. */
  readonly target: string | null;
  /** The cluster's: what does not move starts on another host as soon as one can have it. */
  readonly clustered: boolean;
  /** Why it does not move, or loses its power; null where that is the policy. */
  readonly reason: string | null;
}

/** Those that run, in the order in which they go; `ofVm`: a VM's policy; `drain`: where those can go that the policy moves. */
export function planShutdown(
  ofVm: PolicyOf,
  vms: readonly Present[],
  drain: DrainPlan,
  isClustered: (id: string) => boolean,
): PlannedEnd[] {
  const ends = vms.flatMap((vm): PlannedEnd[] => {
    const { id, name } = vm.definition;
    const policy = ofVm(vm);
    const step = nextStep(vm, policy);
    if (step === "none") return [];
    const planned = { vm: { id, name }, clustered: isClustered(id), target: null };
    const move = drain.moves.find((candidate) => candidate.vm.id === id);
    if (move !== undefined)
      return [{ ...planned, does: "move", target: move.target, reason: null }];
    if (vm.migration !== null) {
      return [{ ...planned, does: "move", reason: "it is being moved already" }];
    }
    const stays = drain.stays.find((candidate) => candidate.vm.id === id)?.reason ?? null;
    if (step === "shut-down") return [{ ...planned, does: step, reason: stays }];
    const deaf = policy === "power-off" ? null : `it is ${vm.state}: its guest hears nothing`;
    return [{ ...planned, does: "power-off", reason: joined(stays, deaf) }];
  });
  const order = new Map(drain.moves.map(({ vm }, index) => [vm.id, index]));
  const rank = ({ vm }: PlannedEnd): number => order.get(vm.id) ?? order.size;
  return ends.toSorted((a, b) => rank(a) - rank(b));
}

function joined(...reasons: (string | null)[]): string | null {
  return reasons.filter((reason) => reason !== null).join("; ") || null;
}
