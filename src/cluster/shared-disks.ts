/** Physical disks that are the cluster's: every host of it has them under one name, and gives each to one VM at a time. Such a VM may move. */
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { FerryError } from "../base/errors.ts";
import type { Membership } from "./membership.ts";
import type { ClusterParts, DiskLook } from "./parts.ts";
import { DiskRecord, readRecord, writeRecord } from "./records.ts";
import { requireChanged } from "./store.ts";

const digestBytes = 2 ** 20;

/** Reads the disk as this host has it. @throws FerryError `not-found`. */
export async function lookAtDisk(device: string): Promise<DiskLook> {
  try {
    await using file = await open(device, "r");
    const first = Buffer.alloc(digestBytes);
    const { bytesRead } = await file.read(first, 0, digestBytes, 0);
    const digest = createHash("sha256").update(first.subarray(0, bytesRead)).digest("hex");
    return { bytes: await sizeOf(file), digest };
  } catch (cause) {
    throw new FerryError("not-found", `Cannot read physical disk "${device}" on this host`, {
      remedy: "See which there are: ls -l /dev/disk/by-id",
      cause,
    });
  }
}

export async function listDisks({ store }: Membership): Promise<readonly DiskRecord[]> {
  return (await store.etcd.list(store.keys.disks)).map((kept) => readRecord(DiskRecord, kept));
}

/** @throws FerryError `conflict` naming a host that does not have it, or has another of that name. */
export async function addDisk(
  { peers, publish }: ClusterParts,
  { store, own }: Membership,
  device: string,
): Promise<DiskRecord> {
  const here = await lookAtDisk(device);
  const { hosts } = await store.hosts();
  for (const { id, name } of hosts.filter((host) => host.id !== own.host)) {
    const there = await peers.lookAtDisk(id, device).catch((error: unknown) => {
      throw notShared(device, name, FerryError.from(error).message, error);
    });
    if (there.bytes !== here.bytes)
      throw notShared(device, name, `it has ${there.bytes} bytes there and ${here.bytes} here`);
    if (there.digest !== here.digest)
      throw notShared(device, name, "it begins with other bytes there than here");
  }
  const record: DiskRecord = { device, bytes: here.bytes };
  await store.etcd.transact({
    changes: [{ put: store.keys.disk(device), value: writeRecord(record) }],
  });
  publish("cluster.disk-added", own.id, { device });
  return record;
}

/** @throws FerryError `not-found`, `in-use` while a VM of the cluster has it. */
export async function removeDisk({ store }: Membership, device: string): Promise<void> {
  const key = store.keys.disk(device);
  const kept = await store.etcd.get(key);
  if (kept === undefined) {
    throw new FerryError("not-found", `Disk "${device}" is not the cluster's`, {
      remedy: "See which are: ferry cluster disk list",
    });
  }
  const user = (await store.vms()).find(({ definition: { luns = [] }, left }) =>
    luns.some(({ source }) => !left && source.kind === "physical" && source.device === device),
  );
  if (user !== undefined) {
    const { name } = user.definition;
    throw new FerryError("in-use", `Cannot take disk "${device}" out: VM "${name}" has it`, {
      remedy: `Make the VM standalone first: ferry vm standalone ${name}`,
    });
  }
  const conditions = [{ key, revision: kept.revision }];
  const { done } = await store.etcd.transact({ conditions, changes: [{ delete: key }] });
  requireChanged(done, `take disk "${device}" out of the cluster`);
}

/** A block device's `stat` says nothing of its size; where it ends does. */
async function sizeOf(file: Awaited<ReturnType<typeof open>>): Promise<number> {
  const { size } = await file.stat();
  if (size > 0) return size;
  const byte = Buffer.alloc(1);
  let [readable, beyond] = [0, 2 ** 50];
  while (readable < beyond) {
    const middle = Math.floor((readable + beyond) / 2);
    const { bytesRead } = await file.read(byte, 0, 1, middle);
    if (bytesRead === 1) readable = middle + 1;
    else beyond = middle;
  }
  return readable;
}

function notShared(device: string, host: string, why: string, cause?: unknown): FerryError {
  return new FerryError(
    "conflict",
    `Disk "${device}" can't be the cluster's: host "${host}" does not have the same: ${why}`,
    { remedy: "Connect the disk to every host of the cluster, under this name", cause },
  );
}
