/** A cluster in a lab, and what tests wait for in one. */
import { setTimeout as sleep } from "node:timers/promises";
import { createGuest, type GuestOptions } from "../../lab/guest.ts";
import type { Lab } from "../../lab/lab.ts";
import type { LabHost } from "../../lab/lab-host.ts";
import type { ClusterStatus } from "../../src/api/schema/cluster.ts";
import type { VmPolicy } from "../../src/vm/vm-policy.ts";
import type { Vm } from "../../src/api/schema/vm.ts";

/** Under the load of everything else; whatever takes longer is stuck. */
const waitMsMax = 180_000;
const lookEveryMs = 100;

/** Every host joins; resolves when etcd has a member on three of them, or on as many as the settings say. */
export async function formCluster(
  lab: Lab,
  settings: Partial<ClusterStatus["settings"]> = {},
): Promise<void> {
  const [first, ...others] = lab.hosts;
  if (first === undefined) throw new Error("a lab without hosts");
  await first.api("POST /v1/cluster", { body: { name: lab.name, settings } });
  for (const host of others) await host.api("POST /v1/cluster/join", { body: {} });
  const { etcdMembers = 3 } = settings;
  await until(`etcd has ${etcdMembers} members`, async () => {
    const { etcd } = await clusterOf(first);
    return etcd.voters === etcdMembers && etcd.working === etcdMembers;
  });
}

export const ordinary: VmPolicy = {
  priority: "normal",
  preferredHosts: [],
  possibleHosts: null,
  apart: [],
};

/** A small guest that writes records to its disk, and is the cluster's. */
export async function createClusterGuest(
  lab: Lab,
  guest: { readonly name: string; readonly host: string; readonly address: string } & Pick<
    GuestOptions,
    "diskMib" | "services"
  >,
): Promise<void> {
  await createGuest(lab, { memoryMib: 128, diskMib: 8, services: ["disk"], ...guest });
  const params = { vm: guest.name };
  await lab.host(guest.host).api("PUT /v1/vms/{vm}/cluster", { params, body: ordinary });
}

export async function clusterOf(host: LabHost): Promise<ClusterStatus> {
  const { cluster } = await host.api("GET /v1/cluster");
  if (cluster === null) throw new Error(`${host.name} is in no cluster`);
  return cluster;
}

/** A VM as the host itself sees it; undefined when it does not have it. */
export async function vmOn(host: LabHost, name: string): Promise<Vm | undefined> {
  const { vms } = await host.api("GET /v1/vms");
  return vms.find((vm) => vm.name === name);
}

/** Names of the hosts that let the guest run. */
export async function runsOn(hosts: readonly LabHost[], name: string): Promise<string[]> {
  const seen = await Promise.all(
    hosts.map(async (host) => ({ host: host.name, vm: await vmOn(host, name) })),
  );
  return seen.filter(({ vm }) => vm?.state === "running").map(({ host }) => host);
}

export async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + waitMsMax;
  for (;;) {
    if (await isSo()) return;
    if (performance.now() > deadline) throw new Error(`still not so: ${what}`);
    await sleep(lookEveryMs);
  }
}
