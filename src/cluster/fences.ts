/** How each host's power is switched off, in the cluster's records: whichever host coordinates has to be able to. Passwords are never shown again. */
import { FerryError } from "../base/errors.ts";
import { type FenceDevice, requireFenceDevice, runFenceAgent } from "./fence-agent.ts";
import type { Membership } from "./membership.ts";
import type { ClusterParts } from "./parts.ts";
import {
  FenceRecord,
  type HostRecord,
  readRecord,
  type Versioned,
  writeRecord,
} from "./records.ts";
import { requireChanged } from "./store.ts";

/** What may be shown of one. */
export interface FenceSeen {
  readonly host: string;
  readonly agent: string;
  readonly action: FenceRecord["action"];
  /** Without what is secret. */
  readonly options: Readonly<Record<string, string>>;
  readonly trouble: string | null;
}

const secret = /passw|community|_kg$/;

export async function listFences({ store }: Membership): Promise<FenceSeen[]> {
  const [{ hosts }, fences] = await Promise.all([store.hosts(), store.fences()]);
  return fences.map(({ host, agent, action, options, trouble }) => {
    const shown: Record<string, string> = {};
    for (const [option, value] of Object.entries(options))
      shown[option] = secret.test(option) ? "***" : value;
    const name = hosts.find(({ id }) => id === host)?.name ?? host;
    return { host: name, agent, action, options: shown, trouble };
  });
}

/** Tries it first, by asking for the power's state: a fence that does not work is none. */
export async function setFence(
  { fenceOptions, publish }: ClusterParts,
  membership: Membership,
  nameOrId: string,
  device: FenceDevice & { readonly action: FenceRecord["action"] },
): Promise<void> {
  const { id, name } = await hostOf(membership, nameOrId);
  requireFenceDevice(device, fenceOptions);
  await runFenceAgent(device, "status");
  const { store } = membership;
  const record: FenceRecord = { host: id, ...device, trouble: null };
  const key = store.keys.fence(id);
  await store.etcd.transact({ changes: [{ put: key, value: writeRecord(record) }] });
  publish("cluster.fence-set", id, { host: name, agent: device.agent });
}

/** Whether the host's power is on, as its fence says. @throws FerryError `not-found`, and what the agent says. */
export async function testFence(
  { fenceOptions }: ClusterParts,
  membership: Membership,
  nameOrId: string,
): Promise<boolean> {
  const { id, name } = await hostOf(membership, nameOrId);
  const record = await fenceOf(membership, id);
  if (record === undefined) throw none(name);
  requireFenceDevice(record, fenceOptions);
  return await runFenceAgent(record, "status");
}

export async function removeFence(membership: Membership, nameOrId: string): Promise<void> {
  const { id, name } = await hostOf(membership, nameOrId);
  const record = await fenceOf(membership, id);
  if (record === undefined) throw none(name);
  const { store } = membership;
  const key = store.keys.fence(id);
  const conditions = [{ key, revision: record.revision }];
  const { done } = await store.etcd.transact({ conditions, changes: [{ delete: key }] });
  requireChanged(done, `remove the fence of host "${name}"`);
}

export async function fenceOf(
  { store }: Membership,
  host: string,
): Promise<Versioned<FenceRecord> | undefined> {
  const kept = await store.etcd.get(store.keys.fence(host));
  return kept && readRecord(FenceRecord, kept);
}

/** @throws FerryError `not-found`. */
export async function hostOf({ store }: Membership, nameOrId: string): Promise<HostRecord> {
  const { hosts } = await store.hosts();
  const host = hosts.find(({ id, name }) => id === nameOrId || name === nameOrId);
  if (host !== undefined) return host;
  const names = hosts.map(({ name }) => name).join(", ");
  throw new FerryError("not-found", `Cannot find host "${nameOrId}": the cluster has ${names}`, {
    remedy: "Name one of these",
  });
}

function none(name: string): FerryError {
  return new FerryError("not-found", `Host "${name}" has no fence`, {
    remedy: `Set one up: ferry cluster fence set ${name} --agent fence_ipmilan --option ip=ADDRESS`,
  });
}
