/** Whether memory will come across, told early and with what may be done about it. Pure. */
import { formatDuration, formatRate } from "../base/format.ts";
import { type ConvergenceLimits, stopMsFor } from "./convergence.ts";
import type { RoundRecord, Verdict } from "./record.ts";

/** A rest that shrinks by less than a tenth each round takes for ever, and is treated so (convergence.ts). */
const shrinks = 0.9;
/** The first round only says how large the guest is. */
const roundsMin = 2;
/** A throttled guest writes about as much less as it runs less; some room for what that is wrong by. */
const throttleRoom = 0.8;

/** Undefined before the second round has ended. `id`: the migration's, for the commands that are proposed. */
export function judge(
  rounds: readonly RoundRecord[],
  limits: ConvergenceLimits,
  id: string,
): Verdict | undefined {
  const last = rounds.at(-1);
  if (last === undefined || rounds.length < roundsMin) return undefined;
  const { dirtyBytesPerSecond, linkBytesPerSecond } = last;
  const stopMs = stopMsFor(last);
  const fits = stopMs !== null && stopMs <= limits.blackoutMsMax;
  const converges = fits || dirtyBytesPerSecond < linkBytesPerSecond * shrinks;
  const rates = `writes ${formatRate(dirtyBytesPerSecond)}, link ${formatRate(linkBytesPerSecond)}`;
  return {
    at: last.startedAt + last.durationMs,
    round: last.number,
    converges,
    ...{ dirtyBytesPerSecond, linkBytesPerSecond, stopMs },
    message: `${converges ? "will converge" : "will not converge"}: ${rates}`,
    options: converges ? [] : options(last, stopMs, limits, id),
  };
}

/** What the policy does by itself comes first. */
function options(
  { dirtyBytesPerSecond, linkBytesPerSecond }: RoundRecord,
  stopMs: number | null,
  limits: ConvergenceLimits,
  id: string,
): string[] {
  const { convergencePolicy: policy, throttlePercentMax } = limits;
  const wanted = Math.ceil((1 - (linkBytesPerSecond * throttleRoom) / dirtyBytesPerSecond) * 100);
  // A link that carried nothing, and a guest that wrote nothing, have no ratio.
  const percent = Math.min(Math.max(wanted || 1, 1), throttlePercentMax);
  const still = stopMs === null ? "" : `: it stands still for about ${formatDuration(stopMs)}`;
  return [
    byItself(limits),
    ...(policy === "patient" || throttlePercentMax === 0
      ? []
      : [`slow the guest down now: ferry migration throttle ${id} --percent ${percent}`]),
    policy === "post-copy"
      ? `let the guest go on at the target now: ferry migration switch-now ${id}`
      : `stop the guest for the rest now${still}: ferry migration switch-now ${id}`,
    `give the move up: ferry migration cancel ${id}`,
    ...(policy === "post-copy"
      ? []
      : ["move again with --convergence post-copy, or over a faster network"]),
  ];
}

function byItself(limits: ConvergenceLimits): string {
  switch (limits.convergencePolicy) {
    case "patient":
      return `policy patient goes on and gives up after ${formatDuration(limits.giveUpAfterMs)}`;
    case "balanced":
      return "policy balanced slows the guest down step by step, then gives up";
    case "certain":
      return `policy certain slows the guest down step by step, then stops it for up to ${formatDuration(limits.stopMsMax)}`;
    case "post-copy":
      return "policy post-copy lets the guest go on at the target, which fetches the rest";
  }
}
