/** Ends one VM of a host that is shut down: its guest is asked, or loses its power, as policy, state and time say. */
import { setTimeout as sleep } from "node:timers/promises";
import { FerryError } from "../base/errors.ts";
import type { ShutdownPolicy } from "../vm/shutdown-policy.ts";
import type { HostShutdownParts } from "./host-shutdown-parts.ts";
import { nextStep, type ShutdownTimes } from "./host-shutdown-plan.ts";
import type { EndedVm } from "./host-shutdown-state.ts";

const lookEveryMs = 250;

/** Undefined for one that has left meanwhile, or when `goesOn` says no. */
export async function endVm(
  parts: HostShutdownParts,
  id: string,
  policy: ShutdownPolicy,
  { guestsUntil, until }: ShutdownTimes,
  goesOn: () => boolean,
): Promise<EndedVm | undefined> {
  const { vms, now, host, cluster } = parts;
  let reason = "something else holds it";
  for (;;) {
    const record = vms.find(id);
    const leftMs = guestsUntil - now();
    const step = record && nextStep(record, leftMs > 0 ? policy : "power-off");
    if (record === undefined || step === undefined || step === "none" || !goesOn())
      return undefined;
    const { name } = record.definition;
    const vm = { id, name };
    const clustered = cluster.isClustered(id);
    if (now() >= until) return { vm, clustered, how: "failed", reason };
    if (step === "wait") {
      await sleep(lookEveryMs);
      continue;
    }
    let listened = false;
    const end = async (): Promise<void> => {
      if (step === "power-off") await vms.powerOff(id);
      else await vms.shutdown(id, { timeoutMs: leftMs, told: (said) => void (listened = said) });
    };
    try {
      if (record.storageMove?.state === "running") vms.storageMoving.cancel(id);
      const why = new FerryError("conflict", `host "${host}" was shut down`);
      if (clustered) await cluster.endHere(id, why, end);
      else await end();
      const unheard =
        step === "shut-down" && !listened ? "its guest did not shut down in time" : null;
      return { vm, clustered, how: listened ? "shut-down" : "powered-off", reason: unheard };
    } catch (error) {
      // Another operation may hold it, and be over soon.
      reason = FerryError.from(error).message;
      await sleep(lookEveryMs);
    }
  }
}
