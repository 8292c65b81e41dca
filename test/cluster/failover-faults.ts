/**
 * `npm run test:cluster`: agents are killed at every record of a failover: of the host that coordinates, of the one that gets the VM, and of the one that comes
 * back. After each the VM runs in one place and never ran in two, every record that the guest was told is on the disk is there, and it is the cluster's as before.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { guestPorts } from "../../lab/guest.ts";
import { Lab } from "../../lab/lab.ts";
import type { LabHost } from "../../lab/lab-host.ts";
import { patienceMs } from "../../lab/patience.ts";
import { failoverPoints } from "../../src/cluster/failover-points.ts";
import { RunWatch } from "../faults/run-watch.ts";
import {
  clusterOf,
  createClusterGuest,
  formCluster,
  ordinary,
  runsOn,
  until,
  vmOn,
} from "./cluster-lab.ts";

const vm = "web01";
const address = "10.77.0.50";
const leaseMs = 12_000;
const rate = 50;
const disk = (line: string) => lab.client.ask(address, guestPorts.disk, line);
let lab: Lab;
let runs: RunWatch;

before(async () => {
  const settings = { faultInjection: true };
  lab = await Lab.up({ name: "failfaults", hosts: 3, guest: "small", settings });
  await formCluster(lab, { leaseMs });
  runs = new RunWatch(lab.hosts);
  await createClusterGuest(lab, { name: vm, host: "host-a", address });
});

after(async () => {
  await runs?.[Symbol.asyncDispose]();
  await Lab.down("failfaults");
});

describe("an agent is killed", { concurrency: false }, () => {
  for (const point of failoverPoints) test(`at ${point}`, async () => await claim(point));
});

async function claim(point: string): Promise<void> {
  const [name] = await runsOn(lab.hosts, vm);
  assert.ok(name !== undefined);
  const owner = lab.host(name);
  const others = lab.hosts.filter((host) => host !== owner);
  const told = await writeSome(owner);
  const isReturning = point.startsWith("returning:");
  const victims = isReturning ? [owner] : others;
  for (const host of victims)
    await host.api("POST /v1/faults", { body: { point, action: "crash" } });
  if (point.startsWith("heir:write:")) await letFirstHeirFail(owner, others);
  // Its agent must live to come back to the fault: then it is cut off instead of switched off.
  const wire = lab.wire(`${owner.name}.lan`);
  if (isReturning) await wire.cut();
  else await owner.powerCut();
  const elsewhere = async () => (await runsOn(await standing(others), vm)).length > 0;
  if (isReturning) {
    await until("the VM runs elsewhere", elsewhere);
    await wire.restore();
  }
  await until("an agent is killed", async () => {
    return (await standing(victims)).length < victims.length;
  });
  // Another may be killed at this very moment.
  for (const host of await standing(victims))
    await host.api("DELETE /v1/faults").catch(() => undefined);
  for (const host of victims) await host.agent.start();
  await until("the VM runs elsewhere", elsewhere);
  await owner.agent.start();
  await until("all hosts live, and the VM is where its record says, alone", isAsItShouldBe);
  assert.notDeepEqual(await runsOn(lab.hosts, vm), [name]);
  assert.deepEqual(runs.twice(), []);
  await lab.client.waitFor(address, guestPorts.disk, patienceMs);
  assert.match(await disk(`verify /dev/vda ${told.generation} ${told.acknowledged}`), / 0$/);
}

/** What the record says already is not written: the next heir has the trouble of this one to take back. */
async function letFirstHeirFail(owner: LabHost, [heir]: readonly LabHost[]): Promise<void> {
  assert.ok(heir !== undefined);
  const body = { ...ordinary, preferredHosts: [heir.name] };
  await owner.api("PUT /v1/vms/{vm}/cluster", { params: { vm }, body });
  await heir.api("POST /v1/faults", { body: { point: "heir:start:before", action: "fail" } });
}

/** Records of the VM's present generation, and how many of them the guest was told are on the disk. */
async function writeSome(owner: LabHost): Promise<{ generation: number; acknowledged: string }> {
  const row = await vmOn(owner, vm);
  assert.ok(row !== undefined);
  await disk(`write /dev/vda ${row.generation} ${rate}`);
  const [, acknowledged = "0"] = (await disk("stop")).split(" ");
  return { generation: row.generation, acknowledged };
}

async function isAsItShouldBe(): Promise<boolean> {
  const seen = await Promise.all(lab.hosts.map((host) => clusterOf(host)));
  const isWell = seen.every(
    ({ lease, etcd, hosts }) =>
      lease.standing === "held" &&
      etcd.working === 3 &&
      hosts.every(({ state }) => state === "alive"),
  );
  const running = await runsOn(lab.hosts, vm);
  const having = await Promise.all(lab.hosts.map((host) => vmOn(host, vm)));
  const present = having.filter((row) => row !== undefined);
  const record = seen[0]?.vms.find((each) => each.name === vm);
  if (!isWell || record === undefined || running.length !== 1 || present.length !== 1) return false;
  return (
    record.host === running[0] &&
    record.generation === present[0]?.generation &&
    record.trouble === null
  );
}

/** Those whose agents live. */
async function standing(hosts: readonly LabHost[]): Promise<LabHost[]> {
  const pids = await Promise.all(hosts.map(({ agent }) => agent.pid()));
  return hosts.filter((_, index) => pids[index] !== undefined);
}
