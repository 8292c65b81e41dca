/** Cluster shared volumes: pools that every host of the cluster reaches under one name, proved to be the same bytes. Which there are, and adding one. */
import { randomUUID } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { FerryError } from "../base/errors.ts";
import type { Membership } from "./membership.ts";
import type { ClusterParts } from "./parts.ts";
import { readRecord, VolumeRecord, VolumeStates, writeRecord } from "./records.ts";
import { requireChanged } from "./store.ts";
import { tokenFile } from "./volume-probe.ts";

export interface VolumeSeen {
  readonly pool: string;
  readonly onLoss: VolumeRecord["onLoss"];
  /** How each host of the cluster reaches it; null: well. */
  readonly hosts: readonly { readonly name: string; readonly trouble: string | null }[];
}

export async function listVolumes({ store }: Membership): Promise<VolumeSeen[]> {
  const { keys } = store;
  const { answers } = await store.etcd.transact({
    questions: [{ prefix: keys.volumes }, { prefix: keys.volumeStates }, { prefix: keys.hosts }],
  });
  const [volumes = [], states = []] = answers;
  const { hosts } = await store.hosts();
  const known = states.map((kept) => readRecord(VolumeStates, kept));
  return volumes.map((kept) => {
    const { pool, onLoss } = readRecord(VolumeRecord, kept);
    const seen = hosts.map(({ id, name }) => {
      const state = known.find(({ host }) => host === id)?.volumes[pool];
      if (state === undefined) return { name, trouble: "it has not looked yet" };
      return { name, trouble: state.trouble ?? state.doubt };
    });
    return { pool, onLoss, hosts: seen };
  });
}

/**
 * Makes a pool of this host a volume of the cluster, or gives one that is another policy. That the others reach the same bytes is proved by their looks.
 * @throws FerryError `conflict` when a host of the cluster has no such pool, or its is another.
 */
export async function addVolume(
  { pools, peers, publish }: ClusterParts,
  { store, own }: Membership,
  name: string,
  onLoss: VolumeRecord["onLoss"],
): Promise<void> {
  const { path, id } = pools.get(name);
  const key = store.keys.volume(name);
  const kept = await store.etcd.get(key);
  const present = kept && readRecord(VolumeRecord, kept);
  if (present === undefined) {
    const { hosts } = await store.hosts();
    for (const host of hosts) {
      const room = host.id === own.host ? undefined : await peers.room(host.id);
      if (room !== undefined && !room.pools.includes(name)) throw notThere(name, host.name);
    }
  }
  const token = present?.token ?? `${id} ${randomUUID()}`;
  if (present === undefined) await writeToken(path, token);
  const record: VolumeRecord = { pool: name, token, onLoss };
  const { done } = await store.etcd.transact({
    conditions: [{ key, revision: present?.revision ?? null }],
    changes: [{ put: key, value: writeRecord(record) }],
  });
  requireChanged(done, `make pool "${name}" a volume of the cluster`);
  publish("cluster.volume-added", own.id, { pool: name, onLoss });
}

/** VMs may go on using the pool, unwatched. @throws FerryError `not-found`. */
export async function removeVolume(
  { pools }: ClusterParts,
  { store }: Membership,
  name: string,
): Promise<void> {
  const key = store.keys.volume(name);
  const kept = await store.etcd.get(key);
  if (kept === undefined) {
    throw new FerryError("not-found", `The cluster has no volume "${name}"`, {
      remedy: "See which it has: ferry cluster volume list",
    });
  }
  const conditions = [{ key, revision: kept.revision }];
  const { done } = await store.etcd.transact({ conditions, changes: [{ delete: key }] });
  requireChanged(done, `take volume "${name}" out of the cluster`);
  const path = pools.find(name)?.path;
  if (path !== undefined) await rm(tokenFile(path), { force: true });
}

function notThere(pool: string, host: string): FerryError {
  return new FerryError(
    "conflict",
    `Cannot make pool "${pool}" a volume of the cluster: host "${host}" has no pool of that name`,
    {
      remedy: `Create it there, with the directory that this host uses: ferry pool create ${pool} …`,
    },
  );
}

/** @throws FerryError `conflict` when the directory is a volume already: of another cluster, or of one that is no more. */
async function writeToken(path: string, token: string): Promise<void> {
  try {
    await using file = await open(tokenFile(path), "wx", 0o644);
    await file.writeFile(`${token}\n`);
    await file.sync();
  } catch (cause) {
    const isThere = (cause as NodeJS.ErrnoException).code === "EEXIST";
    throw new FerryError(
      isThere ? "conflict" : "system-refused",
      isThere
        ? `Directory "${path}" is a volume already, perhaps of another cluster`
        : `Cannot write into "${path}"`,
      { remedy: isThere ? `If it is not, remove ${tokenFile(path)}` : "Mount it writable", cause },
    );
  }
}
