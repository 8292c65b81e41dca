/**
 * `npm run test:cluster`: etcd stands still on two of three hosts, for longer than every lease. VMs run on, moves and changes are refused with the
 * reason, and everything goes on when it is back; then all of etcd is lost, and a backup brings the cluster back.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { join } from "node:path";
import { Lab } from "../../lab/lab.ts";
import type { LabHost } from "../../lab/lab-host.ts";
import { finished, startMove } from "../move/moves.ts";
import { processOf } from "./lab-fence.ts";
import { clusterOf, createClusterGuest, formCluster, runsOn, until, vmOn } from "./cluster-lab.ts";

const vm = "web01";
const address = "10.77.0.50";
let lab: Lab;

before(async () => {
  lab = await Lab.up({ name: "quorum", hosts: 3, guest: "small" });
  await formCluster(lab);
  const services = ["counter"] as const;
  await createClusterGuest(lab, { name: vm, host: "host-a", address, services });
});

after(() => Lab.down("quorum"));

test("without quorum VMs run on, moves and changes are refused with the reason, and all goes on when it is back", async () => {
  const [a, b, c] = [lab.host("host-a"), lab.host("host-b"), lab.host("host-c")];
  const stopped = await Promise.all([b, c].map(etcdOf));
  await using watch = await lab.client.use(address, ["counter"]);
  for (const pid of stopped) process.kill(pid, "SIGSTOP");
  const { leaseMs } = (await clusterOf(a)).times;
  // N.B. the claim is that nothing happens for that long.
  await sleep(2 * leaseMs);
  assert.deepEqual(await runsOn(lab.hosts, vm), ["host-a"]);
  const status = await a.ferry(["cluster", "status"]);
  assert.match(status.stdout, /etcd has no quorum/);
  const move = await a.ferry(["move", vm, "host-b"]);
  assert.notEqual(move.exitCode, 0);
  assert.match(move.stdout + move.stderr, /can't change the cluster's records/);
  const change = await a.ferry(["vm", "cluster", vm, "--priority", "low"]);
  assert.notEqual(change.exitCode, 0);
  assert.match(change.stderr, /quorum/);
  for (const pid of stopped) process.kill(pid, "SIGCONT");
  await until("etcd is back", async () => (await clusterOf(a)).etcd.working === 3);
  await until("beats are taken", async () => (await clusterOf(a)).lease.trouble === null);
  await until("of all", async () => (await clusterOf(b)).lease.trouble === null);
  const record = await finished(lab, await startMove(lab, vm, "host-b"));
  assert.equal(record.state, "completed", record.error?.message ?? "");
  const { lost, duplicates } = await watch.counter();
  assert.deepEqual({ lost, duplicates }, { lost: 0, duplicates: 0 });
});

test("an agent that is killed, and its keeper after it, cost no guest", async () => {
  const b = lab.host("host-b");
  await b.agent.stop("SIGKILL");
  const { leaseMs } = (await clusterOf(lab.host("host-a"))).times;
  await sleep(leaseMs + 5_000);
  await b.agent.start();
  assert.equal((await vmOn(b, vm))?.state, "running");
  process.kill(await keeperOf(b), "SIGKILL");
  await sleep(leaseMs + 5_000);
  assert.deepEqual(await runsOn(lab.hosts, vm), ["host-b"]);
  const { hosts } = await clusterOf(b);
  assert.ok(hosts.every(({ state }) => state === "alive"));
});

test("all of etcd is lost: a backup brings the cluster back, and the VM is where it was", async () => {
  const [a, b] = [lab.host("host-a"), lab.host("host-b")];
  const file = join(a.directory, "backup.json");
  assert.equal((await a.ferry(["cluster", "backup", file])).exitCode, 0);
  const early = await a.ferry(["cluster", "restore", file, "--yes"]);
  assert.match(early.stderr, /etcd has a quorum/);
  // Since the backup the VM has moved: the hosts know better.
  const to = (await runsOn(lab.hosts, vm)).includes("host-a") ? "host-b" : "host-a";
  const record = await finished(lab, await startMove(lab, vm, to));
  assert.equal(record.state, "completed", record.error?.message ?? "");
  await using watch = await lab.client.use(address, ["counter"]);
  for (const pid of await Promise.all([a, b, lab.host("host-c")].map(etcdOf)))
    process.kill(pid, "SIGSTOP");
  await until("etcd is missed", async () => !(await clusterOf(a)).etcd.hasQuorum);
  const restored = await a.ferry(["cluster", "restore", file, "--yes"]);
  assert.equal(restored.exitCode, 0, restored.stderr);
  await until("etcd has three members again", async () => {
    const { etcd, vms } = await clusterOf(b);
    return etcd.working === 3 && vms[0]?.host === to;
  });
  assert.deepEqual(await runsOn(lab.hosts, vm), [to]);
  const { lost, duplicates } = await watch.counter();
  assert.deepEqual({ lost, duplicates }, { lost: 0, duplicates: 0 }, "it was never started anew");
});

async function etcdOf(host: LabHost): Promise<number> {
  return await processOf(host, "--initial-cluster-token");
}

async function keeperOf(host: LabHost): Promise<number> {
  return await processOf(host, "keeper.json");
}
