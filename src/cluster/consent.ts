/**
 * When etcd takes no beats from anybody, its hosts run on: each asks all others, and only if every one of them misses etcd as well and promises
 * not to declare it dead, its time is counted anew. One that does not answer, or still reaches etcd, is reason enough to stop the guests.
 */
import { setTimeout as wait } from "node:timers/promises";
import { bootClockMs } from "./boot-clock.ts";
import type { Membership } from "./membership.ts";
import type { ClusterParts } from "./parts.ts";
import { clusterTimes } from "./times.ts";
import type { Watch } from "./watch.ts";

/** Another host asks. @returns whether it has this host's promise. */
export function consent(
  membership: Membership,
  watch: Watch,
  host: string,
  leaseMs: number,
): boolean {
  // N.B. the latest beat itself counts, not the lease: others' consent may have renewed that. A host that reaches etcd would declare the
  // asker dead, or learn of one that does.
  if (membership.keeper.trouble === null || membership.isRestoring) return false;
  watch.promise(host, leaseMs);
  return true;
}

/** Beside everything else that waits for etcd: guests' lives hang on its pace. */
export async function seekConsents(
  parts: ClusterParts,
  membership: Membership,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const { beatMs } = clusterTimes(membership.local.membership?.settings.leaseMs);
    await wait(beatMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted || membership.local.membership === undefined) return;
    const refusing = await seekConsent(parts, membership);
    if (refusing === undefined) continue;
    const said =
      refusing.length === 0 ? "no host reaches etcd: all run on" : "not every host consents";
    parts.log.warn({ refusing }, said);
  }
}

/** Asks, if it is time to. Resolves to whom it failed with; empty when all consented; undefined when there was no need. */
async function seekConsent(
  { peers }: ClusterParts,
  { keeper, own }: Membership,
): Promise<string[] | undefined> {
  const { askMs } = clusterTimes(own.settings.leaseMs);
  const { silentMs, standing, leaseMs } = keeper;
  if (silentMs === null || silentMs < askMs || standing !== "held") return undefined;
  const askedAtMs = bootClockMs();
  const asked = own.others.map(async ({ id, name }) => {
    const given = await peers.consent(id, leaseMs).catch(() => false);
    return given ? [] : [name];
  });
  const refusing = (await Promise.all(asked)).flat();
  if (refusing.length === 0) keeper.extend(askedAtMs);
  return refusing;
}
