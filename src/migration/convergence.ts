/**
 * Whether pre-copy comes to an end, decided after every round. Pure.
 *
 * QEMU switches over by itself as soon as what remains fits the blackout limit at the rate it sees, and spends the
 * whole limit it is given (DESIGN 12.3). So the limit starts small and rises only when the remaining bytes have stopped
 * falling; at the host's maximum the guest is throttled in steps; when that does not help either, the move is given up
 * with the numbers.
 */
import type { RoundRecord } from "./record.ts";

export interface ConvergenceState {
  readonly blackoutLimitMs: number;
  readonly throttlePercent: number;
  /** Round after which the state last changed: a change is given `roundsToJudge` rounds to show its effect. */
  readonly changedAtRound: number;
}

export interface ConvergenceLimits {
  readonly blackoutMsMax: number;
  readonly throttlePercentMax: number;
}

export type ConvergenceDecision =
  | { readonly kind: "go-on" }
  | { readonly kind: "raise-limit"; readonly blackoutLimitMs: number; readonly why: string }
  | { readonly kind: "throttle"; readonly percent: number; readonly why: string }
  | { readonly kind: "give-up"; readonly why: string };

/** Low enough for a light guest to stop for less than anyone sees, high enough for scheduling noise. */
export const blackoutMsFirst = 20;
const blackoutGrowth = 1.5;
const throttleFirst = 20;
const throttleStep = 15;
const roundsToJudge = 2;
/** Remaining bytes that fell by less than a tenth count as flat. */
const flatRatio = 0.9;

export function firstState(limits: ConvergenceLimits): ConvergenceState {
  return {
    blackoutLimitMs: Math.min(blackoutMsFirst, limits.blackoutMsMax),
    throttlePercent: 0,
    changedAtRound: 1,
  };
}

export function decide(
  rounds: readonly RoundRecord[],
  state: ConvergenceState,
  limits: ConvergenceLimits,
): ConvergenceDecision {
  const last = rounds.at(-1);
  const before = rounds.at(-2);
  if (last === undefined || before === undefined) return { kind: "go-on" };
  if (last.number - state.changedAtRound < roundsToJudge) return { kind: "go-on" };
  if (last.remainingBytes < before.remainingBytes * flatRatio) return { kind: "go-on" };

  const why = numbers(last);
  if (state.blackoutLimitMs < limits.blackoutMsMax) {
    const raised = Math.ceil(state.blackoutLimitMs * blackoutGrowth);
    return { kind: "raise-limit", blackoutLimitMs: Math.min(raised, limits.blackoutMsMax), why };
  }
  if (state.throttlePercent < limits.throttlePercentMax) {
    const next = state.throttlePercent === 0 ? throttleFirst : state.throttlePercent + throttleStep;
    return { kind: "throttle", percent: Math.min(next, limits.throttlePercentMax), why };
  }
  return { kind: "give-up", why };
}

/** The state after a decision was carried out. */
export function after(
  state: ConvergenceState,
  decision: ConvergenceDecision,
  round: number,
): ConvergenceState {
  switch (decision.kind) {
    case "raise-limit":
      return { ...state, blackoutLimitMs: decision.blackoutLimitMs, changedAtRound: round };
    case "throttle":
      return { ...state, throttlePercent: decision.percent, changedAtRound: round };
    case "go-on":
    case "give-up":
      return state;
  }
}

function numbers(round: RoundRecord): string {
  const mib = (bytes: number): string => `${(bytes / 1048576).toFixed(1)} MiB`;
  return (
    `after round ${round.number} ${mib(round.remainingBytes)} remain; the guest writes ` +
    `${mib(round.dirtyBytesPerSecond)}/s, the link carries ${mib(round.linkBytesPerSecond)}/s`
  );
}
