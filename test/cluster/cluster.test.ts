/**
 * The part of the cluster that every test run has: three hosts, real etcd, a small guest that moves, loses its host, and is started elsewhere. The
 * lease is long, so that a starved machine loses none. All of it: npm run test:cluster.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { guestPorts } from "../../lab/guest.ts";
import { Lab } from "../../lab/lab.ts";
import { patienceMs } from "../../lab/patience.ts";
import { finished, startMove } from "../move/moves.ts";
import { clusterOf, createClusterGuest, formCluster, runsOn, until } from "./cluster-lab.ts";
import { guardsOf, startWithFences } from "./lab-fence.ts";

const vm = "web01";
const address = "10.77.0.50";
let lab: Lab;

before(async () => {
  lab = await Lab.up({ name: "clusterci", hosts: 3, guest: "small", agents: false });
  await startWithFences(lab);
  await formCluster(lab, { leaseMs: 30_000 });
  await createClusterGuest(lab, { name: vm, host: "host-a", address });
});

after(() => Lab.down("clusterci"));

test("a VM of a cluster moves with its owner record; its host is switched off when it is silent, and the VM starts elsewhere with every acknowledged record", async () => {
  const [a, b, c] = [lab.host("host-a"), lab.host("host-b"), lab.host("host-c")];
  const clustered = await a.ferry([
    "vm",
    "cluster",
    vm,
    "--prefer",
    "host-c",
    "--only",
    "host-b,host-c",
  ]);
  assert.equal(clustered.exitCode, 0, clustered.stderr);
  const record = await finished(lab, await startMove(lab, vm, "host-b"));
  assert.equal(record.state, "completed", record.error?.message ?? "");
  const owned = (await clusterOf(a)).vms.find(({ name }) => name === vm);
  assert.deepEqual([owned?.host, owned?.generation], ["host-b", 2]);

  const unknown = await a.ferry([
    "cluster",
    "fence",
    "set",
    "host-b",
    "--agent",
    "fence_lab",
    "--option",
    "plug=nowhere",
  ]);
  assert.match(unknown.stderr, /could not do "status": Failed: You have to enter existing machine/);
  const plug = `plug=${b.namespace}`;
  const fence = await a.ferry([
    "cluster",
    "fence",
    "set",
    "host-b",
    "--agent",
    "fence_lab",
    "--option",
    plug,
  ]);
  assert.equal(fence.exitCode, 0, fence.stderr);

  const disk = (line: string) => lab.client.ask(address, guestPorts.disk, line);
  await disk("write /dev/vda 3 20");
  const [, acknowledged = "0"] = (await disk("stop")).split(" ");
  // What no lease can see: both guards of the guest stand still, and it runs on. Only its host's power helps now.
  for (const pid of await guardsOf(b)) process.kill(pid, "SIGSTOP");
  await until("the VM runs elsewhere", async () => (await runsOn([a, c], vm)).length > 0);
  assert.deepEqual(await b.processes(), [], "the host was switched off before");
  const { hosts } = await clusterOf(a);
  assert.equal(hosts.find(({ name }) => name === "host-b")?.death?.how, "power");
  assert.deepEqual(await runsOn([a, c], vm), ["host-c"]);
  await lab.client.waitFor(address, guestPorts.disk, patienceMs);
  assert.match(await disk(`verify /dev/vda 3 ${acknowledged}`), / 0$/);
});

test("a host that is shut down gives what does not move back to the cluster: it runs on another host, and on that one alone", async () => {
  const [a, c] = [lab.host("host-a"), lab.host("host-c")];
  const only = await a.ferry(["vm", "cluster", vm, "--prefer", "", "--only", "host-a,host-c"]);
  assert.equal(only.exitCode, 0, only.stderr);
  const shutdown = ["host", "shutdown", "host-c", "--only-vms", "--policy", "power-off", "--yes"];
  const { exitCode, stdout, stderr } = await a.ferry(shutdown);
  assert.equal(exitCode, 0, stdout + stderr);
  assert.match(stdout, /web01 +loses its power, and starts on another host/);
  await until("the VM runs elsewhere", async () => (await runsOn([a], vm)).length > 0);
  assert.deepEqual(await runsOn([a, c], vm), ["host-a"]);
  const owned = (await clusterOf(a)).vms.find(({ name }) => name === vm);
  assert.deepEqual([owned?.host, owned?.wanted], ["host-a", "running"]);
});
