/**
 * Whether pre-copy comes to an end, decided after every round. Pure.
 *
 * QEMU switches over by itself as soon as what remains fits the blackout limit at the rate it sees, and spends the
 * whole limit it is given (DESIGN 12.3). So the limit starts small and rises only when the remaining bytes have stopped
 * falling: step by step where the maximum is near what the rest needs, else at once. What follows when the limit is at its maximum and the rest still does not shrink is the policy's:
 *
 * | policy      | then                                              | and in the end                                      |
 * |-------------|---------------------------------------------------|-----------------------------------------------------|
 * | `patient`   | goes on; the guest is not touched                 | gives up after `giveUpAfterMs`                      |
 * | `balanced`  | throttles the guest, step by step                 | gives up                                            |
 * | `certain`   | throttles the guest, step by step                 | stops it for the rest, if that takes `stopMsMax` at most |
 * | `post-copy` | the guest goes on at the target, which fetches the rest | –                                             |
 *
 * Giving up says the numbers. `post-copy` raises the limit in one step: what comes after it costs less than the rounds.
 */
import { formatDuration, formatRate } from "../base/format.ts";
import type { Adjustment, ConvergencePolicy, RoundRecord } from "./record.ts";

export interface ConvergenceState {
  readonly blackoutLimitMs: number;
  readonly throttlePercent: number;
  /** Round after which the state last changed: a change is given `roundsToJudge` rounds to show its effect. */
  readonly changedAtRound: number;
}

export interface ConvergenceLimits {
  readonly convergencePolicy: ConvergencePolicy;
  readonly blackoutMsMax: number;
  readonly throttlePercentMax: number;
  readonly stopMsMax: number;
  readonly giveUpAfterMs: number;
}

export type ConvergenceDecision =
  | { readonly kind: "go-on" }
  | { readonly kind: "blackout-limit"; readonly blackoutLimitMs: number; readonly why: string }
  | { readonly kind: "throttle"; readonly percent: number; readonly why: string }
  /** The guest stands still for as long as the rest takes, about `blackoutLimitMs` at most. */
  | { readonly kind: "stop"; readonly blackoutLimitMs: number; readonly why: string }
  | { readonly kind: "post-copy"; readonly why: string }
  | { readonly kind: "give-up"; readonly why: string };

/** Low enough for a light guest to stop for less than anyone sees, high enough for scheduling noise. */
export const blackoutMsFirst = 20;
const blackoutGrowth = 1.5;
const throttleFirst = 20;
const throttleStep = 15;
const roundsToJudge = 2;
/** A rest that needs so much more than the maximum is not brought near it by small steps; each takes rounds over all of that rest. */
const hopelessRatio = 2;
/** Remaining bytes that fell by less than a tenth count as flat. */
const flatRatio = 0.9;

export function firstState({ blackoutMsMax }: ConvergenceLimits): ConvergenceState {
  return {
    blackoutLimitMs: Math.min(blackoutMsFirst, blackoutMsMax),
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
  // QEMU has nothing left to send, and waits for what is on the way.
  if (last.remainingBytes === 0) return { kind: "go-on" };
  const why = numbers(last);
  return (
    nextLimit(rounds, last, state, limits, why) ?? beyondTheLimit(rounds, last, state, limits, why)
  );
}

/** The state after a decision was carried out. */
export function after(
  state: ConvergenceState,
  decision: ConvergenceDecision,
  round: number,
): ConvergenceState {
  switch (decision.kind) {
    case "blackout-limit":
    case "stop":
      return { ...state, blackoutLimitMs: decision.blackoutLimitMs, changedAtRound: round };
    case "throttle":
      return { ...state, throttlePercent: decision.percent, changedAtRound: round };
    case "go-on":
    case "post-copy":
    case "give-up":
      return state;
  }
}

/** The step after `present`; undefined when there is none. */
export function nextThrottle(
  present: number,
  { throttlePercentMax }: Pick<ConvergenceLimits, "throttlePercentMax">,
): number | undefined {
  if (present >= throttlePercentMax) return undefined;
  const next = present === 0 ? throttleFirst : present + throttleStep;
  return Math.min(next, throttlePercentMax);
}

/** How long the guest would stand still for what remains, milliseconds; null where something does and the link carries nothing. */
export function stopMsFor(
  round: Pick<RoundRecord, "remainingBytes" | "linkBytesPerSecond">,
): number | null {
  if (round.remainingBytes === 0) return 0;
  if (round.linkBytesPerSecond <= 0) return null;
  return Math.ceil((round.remainingBytes / round.linkBytesPerSecond) * 1000);
}

/** What a record keeps of a decision. */
export function adjustmentOf(
  decision: Exclude<ConvergenceDecision, { kind: "go-on" }>,
): Pick<Adjustment, "action" | "value" | "why"> {
  const { kind: action, why } = decision;
  if (decision.kind === "throttle") return { action, value: decision.percent, why };
  const value = "blackoutLimitMs" in decision ? decision.blackoutLimitMs : null;
  return { action, value, why };
}

function nextLimit(
  rounds: readonly RoundRecord[],
  last: RoundRecord,
  { blackoutLimitMs: present }: ConvergenceState,
  { blackoutMsMax, convergencePolicy: policy, giveUpAfterMs }: ConvergenceLimits,
  why: string,
): ConvergenceDecision | undefined {
  if (present >= blackoutMsMax) return undefined;
  const isLastChance =
    policy === "post-copy" || (policy === "patient" && lastedMs(rounds) >= giveUpAfterMs);
  const isFar = (stopMsFor(last) ?? Number.POSITIVE_INFINITY) > blackoutMsMax * hopelessRatio;
  const raised = isLastChance || isFar ? blackoutMsMax : present * blackoutGrowth;
  return {
    kind: "blackout-limit",
    blackoutLimitMs: Math.min(Math.ceil(raised), blackoutMsMax),
    why,
  };
}

function beyondTheLimit(
  rounds: readonly RoundRecord[],
  last: RoundRecord,
  state: ConvergenceState,
  limits: ConvergenceLimits,
  why: string,
): ConvergenceDecision {
  const { convergencePolicy: policy, giveUpAfterMs, stopMsMax } = limits;
  if (policy === "post-copy") return { kind: "post-copy", why };
  if (policy === "patient") {
    const lasted = lastedMs(rounds);
    if (lasted < giveUpAfterMs) return { kind: "go-on" };
    const waited = `${why}; after ${formatDuration(lasted)} it comes no closer`;
    return { kind: "give-up", why: waited };
  }
  const percent = nextThrottle(state.throttlePercent, limits);
  if (percent !== undefined) return { kind: "throttle", percent, why };
  if (policy === "balanced") return { kind: "give-up", why };
  const neededMs = stopMsFor(last) ?? Number.POSITIVE_INFINITY;
  // Given its chance already, it did not stop: QEMU sees a slower link than we do.
  if (neededMs > stopMsMax || state.blackoutLimitMs >= stopMsMax) {
    const needed = Number.isFinite(neededMs) ? formatDuration(neededMs) : "for ever";
    const allowed = formatDuration(stopMsMax);
    return { kind: "give-up", why: `${why}; the rest takes ${needed}, ${allowed} are allowed` };
  }
  return { kind: "stop", blackoutLimitMs: stopMsMax, why };
}

/** All rounds together, as far as they are kept. */
function lastedMs(rounds: readonly RoundRecord[]): number {
  const [first, last] = [rounds[0], rounds.at(-1)];
  if (first === undefined || last === undefined) return 0;
  return last.startedAt + last.durationMs - first.startedAt;
}

function numbers(round: RoundRecord): string {
  const mib = (bytes: number): string => `${(bytes / 1048576).toFixed(1)} MiB`;
  return (
    `after round ${round.number} ${mib(round.remainingBytes)} remain; the guest writes ` +
    `${formatRate(round.dirtyBytesPerSecond)}, the link carries ${formatRate(round.linkBytesPerSecond)}`
  );
}
