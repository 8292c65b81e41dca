/**
 * `npm run test:cluster`: etcd loses its quorum while a VM moves, in each stage of the move, for longer than a lease. The VM never runs twice, and when etcd is
 * back the move ends: the VM runs on the host that its record names, its connections are open and have lost nothing, and it moves again. And members of etcd are
 * replaced.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Lab } from "../../lab/lab.ts";
import type { LabHost } from "../../lab/lab-host.ts";
import { faultPoints, nameOf } from "../../src/migration/fault-points.ts";
import { RunWatch } from "../faults/run-watch.ts";
import { finished, startMove } from "../move/moves.ts";
import { clusterOf, createClusterGuest, formCluster, runsOn, until, vmOn } from "./cluster-lab.ts";
import { processOf } from "./lab-fence.ts";

const vm = "web01";
const address = "10.77.0.50";
/** Its disk is shared, and pre-copy is the policy. */
const absent = ["storage-mirror", "memory-postcopy"];
const points = faultPoints()
  .filter(({ at, moment }) => moment === "inside" && !absent.includes(at))
  .map(nameOf);
let lab: Lab;
let runs: RunWatch;

before(async () => {
  const settings = { faultInjection: true };
  lab = await Lab.up({ name: "noquorum", hosts: 3, guest: "small", settings });
  await formCluster(lab);
  runs = new RunWatch(lab.hosts);
  await createClusterGuest(lab, { name: vm, host: "host-a", address });
});

after(async () => {
  await runs?.[Symbol.asyncDispose]();
  await Lab.down("noquorum");
});

describe("etcd has no quorum", { concurrency: false }, () => {
  for (const point of points) test(`from ${point} on`, async () => await claim(point));
});

async function claim(point: string): Promise<void> {
  const source = await ownerNow();
  const target = lab.hosts.find((host) => host !== source && host.name !== "host-c");
  assert.ok(target !== undefined);
  const held = point.startsWith("source") ? source : target;
  await using watch = await lab.client.use(address, ["counter"]);
  await held.api("POST /v1/faults", { body: { point, action: "pause" } });
  const id = await startMove(lab, vm, target.name);
  await until(`the move is at ${point}`, async () => await isHeld(held, point));
  const stopped = await Promise.all(lab.hosts.slice(1).map(etcdOf));
  for (const pid of stopped) process.kill(pid, "SIGSTOP");
  await until("etcd is missed", async () => !(await clusterOf(source)).etcd.hasQuorum);
  await held.api("DELETE /v1/faults");
  // N.B. the claim is about all of that time.
  await sleep((await clusterOf(source)).times.leaseMs);
  for (const pid of stopped) process.kill(pid, "SIGCONT");
  await finished(lab, id);
  await until("the VM runs where its record says, alone", async () => await isWell());
  assert.deepEqual(runs.twice(), []);
  const { lost, duplicates } = await watch.counter();
  assert.deepEqual({ lost, duplicates }, { lost: 0, duplicates: 0 });
  const next = (await ownerNow()) === source ? target : source;
  const record = await finished(lab, await startMove(lab, vm, next.name));
  assert.equal(record.state, "completed", record.error?.message ?? "");
}

test("a member of etcd whose data are lost is replaced, and none without which the others were no quorum", async () => {
  const [a, b, c] = [lab.host("host-a"), lab.host("host-b"), lab.host("host-c")];
  await until("all members work", async () => (await clusterOf(b)).etcd.working === 3);
  const replace = ["cluster", "replace-member", "host-c", "--yes"];
  const spare = await etcdOf(b);
  process.kill(spare, "SIGSTOP");
  await until("one is missed", async () => (await clusterOf(a)).etcd.working === 2);
  const early = await a.ferry(replace);
  assert.match(early.stderr, /of the 2 others 1 work, it takes 2/);
  process.kill(spare, "SIGCONT");
  const unknown = await a.ferry(["cluster", "replace-member", "host-z", "--yes"]);
  assert.match(unknown.stderr, /host "host-z": host-a, host-b, host-c have one/);
  await until("it is back", async () => (await clusterOf(a)).etcd.working === 3);
  const before = await etcdOf(c);
  await rm(join(c.directory, "state/cluster/etcd/data"), { recursive: true });
  process.kill(before, "SIGKILL");
  await until("it is missed", async () => (await clusterOf(a)).etcd.working === 2);
  const replaced = await b.ferry(replace);
  assert.equal(replaced.exitCode, 0, replaced.stderr);
  await until("there are three again", async () => {
    const { etcd } = await clusterOf(b);
    return etcd.working === 3 && etcd.voters === 3;
  });
  // A quorum with the new one.
  process.kill(spare, "SIGSTOP");
  await until("the other is missed", async () => (await clusterOf(a)).etcd.working === 2);
  const set = await c.ferry(["cluster", "set", "--max-moves", "2"]);
  assert.equal(set.exitCode, 0, set.stderr);
  process.kill(spare, "SIGCONT");
  await until("all work", async () => (await clusterOf(a)).etcd.working === 3);
});

async function isWell(): Promise<boolean> {
  const running = await runsOn(lab.hosts, vm);
  const rows = (await Promise.all(lab.hosts.map((host) => vmOn(host, vm)))).filter(
    (row) => row !== undefined,
  );
  const { vms, etcd, lease } = await clusterOf(lab.host("host-a"));
  const record = vms.find(({ name }) => name === vm);
  const isBack = etcd.working === 3 && lease.trouble === null;
  if (!isBack || running.length !== 1 || rows.length !== 1) return false;
  return record?.host === running[0] && record?.generation === rows[0]?.generation;
}

async function isHeld(host: LabHost, point: string): Promise<boolean> {
  const { faults } = await host.api("GET /v1/faults");
  return faults.some((fault) => fault.point === point && fault.state === "struck");
}

async function ownerNow(): Promise<LabHost> {
  const [name] = await runsOn(lab.hosts, vm);
  assert.ok(name !== undefined, "it runs somewhere");
  return lab.host(name);
}

async function etcdOf(host: LabHost): Promise<number> {
  return await processOf(host, "--initial-cluster-token");
}
