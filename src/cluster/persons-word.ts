/** Somebody gives their word that a host is dead, and need not wait: its power is off, or its fence can't say so. */
import { setTimeout as wait } from "node:timers/promises";
import { FerryError } from "../base/errors.ts";
import { hostOf } from "./fences.ts";
import type { Membership } from "./membership.ts";
import type { ClusterParts } from "./parts.ts";
import { type DeadRecord, writeRecord } from "./records.ts";
import { requireChanged } from "./store.ts";
import { clusterTimes } from "./times.ts";

/** A host that lives has beaten by then. */
const beatsWatched = 3;

/** @throws FerryError `not-found`, `conflict` for one that is dead already or plainly lives. */
export async function confirmDead(
  { host: by, now, log, publish }: ClusterParts,
  membership: Membership,
  nameOrId: string,
): Promise<void> {
  const { store, own } = membership;
  const { id, name, incarnation } = await hostOf(membership, nameOrId);
  const { keys } = store;
  const before = await store.etcd.get(keys.beat(id));
  await wait(beatsWatched * clusterTimes(own.settings.leaseMs).beatMs);
  const { beats, deaths } = await store.hosts();
  if (deaths.has(id)) {
    throw new FerryError("conflict", `Host "${name}" is dead to the cluster already`, {
      remedy: "See where its VMs are: ferry cluster status",
    });
  }
  const beat = beats.get(id);
  if (beat?.revision !== before?.revision) {
    throw new FerryError("conflict", `Cannot declare host "${name}" dead: it renews its lease`, {
      remedy: "Empty it instead (ferry host drain), or switch it off",
    });
  }
  const record: DeadRecord = { incarnation, at: now(), by, how: "person" };
  const { done } = await store.etcd.transact({
    conditions: [
      { key: keys.beat(id), revision: beat?.revision ?? null },
      { key: keys.death(id), revision: null },
    ],
    changes: [{ put: keys.death(id), value: writeRecord(record) }],
  });
  requireChanged(done, `declare host "${name}" dead`);
  log.warn({ host: name }, "a person gave their word that a host is dead");
  publish("cluster.host-dead", id, { name, by, how: "person" });
}
