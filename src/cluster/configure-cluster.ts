/** Changes the cluster's settings, in its one record. */
import { FerryError } from "../base/errors.ts";
import type { Membership } from "./membership.ts";
import { ClusterRecord, type ClusterSettings, readRecord, writeRecord } from "./records.ts";

export async function configureCluster(
  { store }: Membership,
  settings: ClusterSettings,
): Promise<void> {
  const key = store.keys.cluster;
  const kept = await store.etcd.get(key);
  if (kept === undefined) throw lost();
  const { revision, ...record } = readRecord(ClusterRecord, kept);
  const { done } = await store.etcd.transact({
    conditions: [{ key, revision }],
    changes: [{ put: key, value: writeRecord({ ...record, settings }) }],
  });
  if (done) return;
  throw new FerryError("stale", "Cannot change the cluster's settings: somebody else just did", {
    remedy: "Look at them again: ferry cluster settings",
  });
}

function lost(): FerryError {
  return new FerryError("not-found", "Cannot find the cluster's own record in etcd", {
    remedy: "Restore its backup: ferry cluster restore FILE",
  });
}
