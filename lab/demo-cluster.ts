/**
 * `npm run demo -- --cluster`: three hosts form a cluster, a VM moves in it, its host loses its power and the VM starts elsewhere; then a host is
 * drained. Every command is what a person would type.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { createGuest, guestPorts } from "./guest.ts";
import type { Lab } from "./lab.ts";
import type { LabHost } from "./lab-host.ts";
import { execInNamespace } from "./namespaces.ts";

const vm = "web01";
const address = "10.77.0.50";
const lookEveryMs = 100;
/** With default times a dead host's VMs run elsewhere in half a minute; a busy machine takes longer to boot them. */
const failoverMsMax = 120_000;
const membersMsMax = 60_000;
const recordsPerSecond = 50;
/** Long enough to have something to lose. */
const writingMs = 2_000;

/** @returns whether everything went as it should. */
export async function showCluster(lab: Lab, say: (line: string) => void): Promise<boolean> {
  const [a, b, c] = ["host-a", "host-b", "host-c"].map((name) => lab.host(name));
  if (a === undefined || b === undefined || c === undefined)
    throw new Error("three hosts are wanted");
  const typed: boolean[] = [];
  const type = async (host: LabHost, ...command: string[]): Promise<void> => {
    say(`\n${host.name}$ ferry ${command.join(" ")}`);
    const line = [...host.ferryCommand, ...command];
    const code = await execInNamespace(host.namespace, line, host.environment(), ["ignore", 1, 2]);
    typed.push(code === 0);
  };
  await type(a, "cluster", "create", "demo");
  await type(b, "cluster", "join");
  await type(c, "cluster", "join");
  await until(
    membersMsMax,
    async () => (await a.api("GET /v1/cluster")).cluster?.etcd.working === 3,
  );
  say(`\nBooting VM ${vm} on host-a`);
  await createGuest(lab, { name: vm, host: "host-a", address, memoryMib: 256, diskMib: 64 });
  await type(a, "vm", "cluster", vm, "--prefer", "host-c");
  await type(a, "move", vm, "host-b");
  await type(a, "cluster", "status");

  const disk = (line: string) => lab.client.ask(address, guestPorts.disk, line);
  await disk(`write /dev/vda 3 ${recordsPerSecond}`);
  await sleep(writingMs);
  const [, acknowledged = "0"] = (await disk("stop")).split(" ");
  say(`\nhost-b loses its power; ${acknowledged} records on the VM's disk were acknowledged`);
  const cutAt = performance.now();
  await b.powerCut();
  await until(failoverMsMax, async () => await runs(a, c));
  const startedMs = performance.now() - cutAt;
  await lab.client.waitFor(address, guestPorts.disk, failoverMsMax);
  const [, records, wrong] = (await disk(`verify /dev/vda 3 ${acknowledged}`)).split(" ");
  const seconds = (ms: number): string => (ms / 1000).toFixed(1);
  say(
    `${vm} was started elsewhere after ${seconds(startedMs)} s, and answers after ${seconds(performance.now() - cutAt)} s`,
  );
  say(`Guest disk         ${records} acknowledged records verified by the guest, ${wrong} wrong`);
  await b.agent.start();
  await until(failoverMsMax, async () => await isWell(b));
  await type(b, "cluster", "status");
  await type(a, "host", "drain", "host-c", "--yes");
  await type(a, "vm", "list");
  return typed.every((went) => went) && wrong === "0";
}

async function runs(...hosts: LabHost[]): Promise<boolean> {
  const lists = await Promise.all(hosts.map(async (host) => (await host.api("GET /v1/vms")).vms));
  return lists.flat().some(({ name, state }) => name === vm && state === "running");
}

async function isWell(host: LabHost): Promise<boolean> {
  const { cluster } = await host.api("GET /v1/cluster");
  const self = cluster?.hosts.find((each) => each.self);
  return (
    cluster?.etcd.working === 3 && cluster.lease.standing === "held" && self?.state === "alive"
  );
}

async function until(withinMs: number, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > deadline)
      throw new Error(`It did not come to that in ${withinMs / 1000} s`);
    await sleep(lookEveryMs);
  }
}
