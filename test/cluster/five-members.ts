/**
 * Five hosts with a member of etcd each. Two of them fail one after the other: the first silently, with its guards stopped, so that only its power
 * helps, which Debian's fence_ipmilan takes away; the second is cut off. Three of five are a quorum, and the VM is never lost.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { guestPorts } from "../../lab/guest.ts";
import { Lab } from "../../lab/lab.ts";
import { patienceMs } from "../../lab/patience.ts";
import { clusterOf, createClusterGuest, formCluster, runsOn, until, vmOn } from "./cluster-lab.ts";
import { IpmiController } from "./ipmi-controller.ts";
import { guardsOf } from "./lab-fence.ts";

const vm = "web01";
const address = "10.77.0.50";
const disk = (line: string) => lab.client.ask(address, guestPorts.disk, line);
let lab: Lab;

before(async () => {
  lab = await Lab.up({ name: "fivehosts", hosts: 5, guest: "small" });
  await formCluster(lab, { leaseMs: 20_000, etcdMembers: 5 });
  await createClusterGuest(lab, { name: vm, host: "host-b", address });
});

after(() => Lab.down("fivehosts"));

test("a host with an IPMI controller is switched off by fence_ipmilan, and its VM starts elsewhere with every acknowledged record", async () => {
  const [a, b] = [lab.host("host-a"), lab.host("host-b")];
  await using controller = await IpmiController.start(lab, b, 9623);
  const set = ["cluster", "fence", "set", "host-b", "--agent", "fence_ipmilan"];
  const wrong = await a.ferry([...set, ...controller.options, "--password"], "not this one\n");
  assert.notEqual(wrong.exitCode, 0, "a wrong password is refused");
  assert.match(wrong.stderr, /fence_ipmilan could not do "status"/);
  const fence = await a.ferry(
    [...set, ...controller.options, "--password"],
    `${IpmiController.password}\n`,
  );
  assert.equal(fence.exitCode, 0, fence.stderr);
  const tried = await a.ferry(["cluster", "fence", "test", "host-b"]);
  assert.equal(tried.exitCode, 0, tried.stderr);

  await disk("write /dev/vda 3 20");
  const [, acknowledged = "0"] = (await disk("stop")).split(" ");
  for (const pid of await guardsOf(b)) process.kill(pid, "SIGSTOP");
  const others = lab.hosts.filter((host) => host !== b);
  await until("the VM runs elsewhere", async () => (await runsOn(others, vm)).length > 0);
  assert.deepEqual(await b.processes(), [], "the host was switched off before");
  const { hosts, etcd } = await clusterOf(a);
  assert.equal(hosts.find(({ name }) => name === "host-b")?.death?.how, "power");
  assert.deepEqual([etcd.voters, etcd.working, etcd.hasQuorum], [5, 4, true]);
  await lab.client.waitFor(address, guestPorts.disk, patienceMs);
  assert.match(await disk(`verify /dev/vda 3 ${acknowledged}`), / 0$/);
});

test("a second host of the five fails: three members are a quorum, and the VM starts again", async () => {
  const [home = ""] = await runsOn(
    lab.hosts.filter(({ name }) => name !== "host-b"),
    vm,
  );
  const lost = lab.host(home);
  await lost.powerCut();
  const others = lab.hosts.filter((host) => host !== lost && host.name !== "host-b");
  const [witness] = others;
  assert.ok(witness !== undefined);
  await until("the VM runs elsewhere", async () => (await runsOn(others, vm)).length > 0);
  assert.equal((await runsOn(others, vm)).length, 1);
  const { etcd } = await clusterOf(witness);
  assert.deepEqual([etcd.voters, etcd.working, etcd.needed, etcd.hasQuorum], [5, 3, 3, true]);
  for (const name of ["host-b", home]) await lab.host(name).agent.start();
  await until("all five members work again", async () => {
    const status = await clusterOf(witness);
    return status.etcd.working === 5 && status.hosts.every(({ state }) => state === "alive");
  });
  for (const name of ["host-b", home]) assert.equal(await vmOn(lab.host(name), vm), undefined);
});
