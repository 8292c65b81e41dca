/**
 * `npm run test:cluster`: three hosts that reach each other, the storage's clients and etcd only in part, each for longer than every time-out. Never do two
 * copies of the VM run, by QEMU's own events and by what the guest writes: its records carry the generation, on a disk so small that an old copy which
 * still wrote would overwrite those of a new one at once. What can run runs again, and when all is mended everything is as before. And clocks that
 * jump an hour.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { guestPorts } from "../../lab/guest.ts";
import { Lab } from "../../lab/lab.ts";
import type { LabHost } from "../../lab/lab-host.ts";
import { patienceMs } from "../../lab/patience.ts";
import { RunWatch } from "../faults/run-watch.ts";
import { clusterOf, createClusterGuest, formCluster, until, vmOn } from "./cluster-lab.ts";
import { cutFromEtcd, cutTowards, heal } from "./lab-partition.ts";

const vm = "web01";
const address = "10.77.0.50";
const leaseMs = 12_000;
/** Records a second; the disk holds 256, so that a copy that writes on comes round in seconds. */
const rate = 50;
let lab: Lab;
let runs: RunWatch;
let generation = 1;

before(async () => {
  lab = await Lab.up({ name: "partition", hosts: 3, guest: "small", agents: false });
  await Promise.all(
    lab.hosts.map(async (host) => {
      await setClock(host, "+0");
      await host.agent.start(clockOf(host));
    }),
  );
  await lab.start();
  await formCluster(lab, { leaseMs });
  runs = new RunWatch(lab.hosts);
  await createClusterGuest(lab, { name: vm, host: "host-a", address, diskMib: 1 });
  await writeOn();
});

after(async () => {
  await runs?.[Symbol.asyncDispose]();
  await Lab.down("partition");
});

/** Ways to part the host that has the VM from the other two; all of them end with the VM elsewhere. */
const losing: Readonly<Record<string, (owner: LabHost, others: LabHost[]) => Promise<void>>> = {
  "its wire is cut": (owner) => lab.wire(`${owner.name}.lan`).cut(),
  "it hears the others, and they don't hear it": cutTowards,
  "the others hear it, and it does not hear them": async (owner, others) => {
    for (const other of others) await cutTowards(other, [owner]);
  },
  "only etcd is out of its reach": cutFromEtcd,
};

for (const [how, part] of Object.entries(losing)) {
  test(`the host of the VM is parted: ${how}; the VM runs elsewhere, and its host stopped it before`, async () => {
    const owner = await ownerNow();
    const others = lab.hosts.filter(({ name }) => name !== owner.name);
    await part(owner, others);
    await until("the VM runs elsewhere", async () => (await runningOn(others)).length === 1);
    await writeOn();
    await sleep(2 * leaseMs);
    await mended();
    assert.notEqual((await ownerNow()).name, owner.name);
  });
}

/** Ways after which it has to run where it is: it has etcd, whatever else is missing. */
const keeping: Readonly<Record<string, (owner: LabHost, others: LabHost[]) => Promise<void>>> = {
  "from one of the two others, both ways": async (owner, [first]) => {
    if (first === undefined) return;
    await cutTowards(owner, [first]);
    await cutTowards(first, [owner]);
  },
  "from one of the two others, one way": async (owner, [first]) => {
    if (first !== undefined) await cutTowards(owner, [first]);
  },
};

for (const [how, part] of Object.entries(keeping)) {
  test(`the host of the VM is parted ${how}: it reaches etcd, and the VM runs in one place throughout`, async () => {
    const owner = await ownerNow();
    await part(
      owner,
      lab.hosts.filter(({ name }) => name !== owner.name),
    );
    await sleep(3 * leaseMs);
    assert.ok((await runningOn(lab.hosts)).length <= 1);
    await mended();
  });
}

test("another host is parted from all: the VM does not notice", async () => {
  const owner = await ownerNow();
  const other = lab.hosts.find(({ name }) => name !== owner.name);
  assert.ok(other !== undefined);
  await lab.wire(`${other.name}.lan`).cut();
  await sleep(2 * leaseMs);
  assert.deepEqual(await runningOn(lab.hosts), [owner.name]);
  await mended();
  assert.equal((await ownerNow()).name, owner.name);
});

test("each host is alone: nobody runs it, since nobody can know; mended, it runs again", async () => {
  for (const host of lab.hosts) await lab.wire(`${host.name}.lan`).cut();
  await until("the guest is stopped", async () => (await qemus()).length === 0);
  await sleep(2 * leaseMs);
  assert.deepEqual(await runningOn(lab.hosts), []);
  await mended();
});

test("the clock of the VM's host jumps an hour ahead, and back an hour behind: nothing happens", async () => {
  const owner = await ownerNow();
  for (const jump of ["+3600", "-3600", "+0"]) {
    await setClock(owner, jump);
    await sleep(1.5 * leaseMs);
    assert.deepEqual(await runningOn(lab.hosts), [owner.name], jump);
    const { hosts, lease } = await clusterOf(owner);
    assert.equal(lease.standing, "held", jump);
    assert.ok(
      hosts.every(({ state }) => state === "alive"),
      jump,
    );
  }
  await mended();
  assert.equal((await ownerNow()).name, owner.name);
});

/** Everything is connected again: all hosts live, the VM runs in one place, never ran in two, and its disk has the newest generation's records alone. */
async function mended(): Promise<void> {
  await heal(lab.hosts);
  for (const host of lab.hosts) await lab.wire(`${host.name}.lan`).restore();
  await until("all hosts live, and hold their leases", async () => {
    const seen = await Promise.all(lab.hosts.map((host) => clusterOf(host)));
    return seen.every(
      ({ lease, etcd, hosts }) =>
        lease.standing === "held" &&
        lease.trouble === null &&
        etcd.working === 3 &&
        hosts.every(({ state }) => state === "alive"),
    );
  });
  await until("the VM runs in one place", async () => (await runningOn(lab.hosts)).length === 1);
  assert.deepEqual(runs.twice(), []);
  await writeOn();
  const disk = (line: string) => lab.client.ask(address, guestPorts.disk, line);
  const [, acknowledged] = (await disk("stop")).split(" ");
  assert.match(await disk(`verify /dev/vda ${generation} ${acknowledged}`), / 0$/);
  await disk(`write /dev/vda ${generation} ${rate}`);
}

/** The guest writes records of the generation that it is; from the beginning when it is a new one. */
async function writeOn(): Promise<void> {
  const owner = await ownerNow();
  const row = await vmOn(owner, vm);
  assert.ok(row !== undefined);
  await lab.client.waitFor(address, guestPorts.disk, patienceMs);
  generation = row.generation;
  await lab.client.ask(address, guestPorts.disk, `write /dev/vda ${generation} ${rate}`);
  // Long enough for it to be round the disk once and a half.
  await sleep((256 / rate) * 1_500);
}

async function ownerNow(): Promise<LabHost> {
  const [name] = await runningOn(lab.hosts);
  assert.ok(name !== undefined, "it runs somewhere");
  return lab.host(name);
}

async function runningOn(hosts: readonly LabHost[]): Promise<string[]> {
  const seen = await Promise.all(
    hosts.map(async (host) => ({
      host,
      vm: await vmOn(host, vm),
      states: await runs.states(host),
    })),
  );
  return seen.filter(({ states }) => states.includes("running")).map(({ host }) => host.name);
}

async function qemus(): Promise<string[]> {
  const states = await Promise.all(lab.hosts.map((host) => runs.states(host)));
  return states.flat();
}

/** Debian's libfaketime between a host's processes and the kernel's clock; the time since boot stays as it is, as when somebody sets a clock. */
function clockOf(host: LabHost): NodeJS.ProcessEnv {
  return {
    LD_PRELOAD: "/usr/$LIB/faketime/libfaketimeMT.so.1",
    FAKETIME_TIMESTAMP_FILE: join(host.directory, "clock"),
    FAKETIME_NO_CACHE: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
  };
}

async function setClock(host: LabHost, clock: string): Promise<void> {
  const file = join(host.directory, "clock");
  await writeFile(`${file}.new`, `${clock}\n`);
  await rename(`${file}.new`, file);
}
