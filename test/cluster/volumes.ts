/**
 * `npm run test:cluster`: a volume of the cluster, watched on every host. A host that loses it pauses its VMs until it is back, or ends them, and they
 * start where the volume is; a copy of the volume's directory is told from the volume.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { createGuest, guestPorts } from "../../lab/guest.ts";
import { Lab } from "../../lab/lab.ts";
import type { LabHost } from "../../lab/lab-host.ts";
import { patienceMs } from "../../lab/patience.ts";
import { LoopDisk } from "./loop-disk.ts";
import { clusterOf, createClusterGuest, formCluster, runsOn, until, vmOn } from "./cluster-lab.ts";

const run = promisify(execFile);
const vm = "web01";
const address = "10.77.0.50";
const disk = (line: string) => lab.client.ask(address, guestPorts.disk, line);
let lab: Lab;
let loop: LoopDisk | undefined;

before(async () => {
  lab = await Lab.up({ name: "volumes", hosts: 3, guest: "small", agents: false });
  // A file of its own gives a host mounts of its own.
  for (const host of lab.hosts) await host.writeOwnFile("/etc/hostname", `${host.name}\n`);
  await lab.start();
  await formCluster(lab, { leaseMs: 30_000 });
  await createClusterGuest(lab, { name: vm, host: "host-a", address });
});

after(async () => {
  await Lab.down("volumes");
  await loop?.[Symbol.asyncDispose]();
});

test("a pool that a host does not have is no volume; one that all have is watched on each", async () => {
  const [a, b] = [lab.host("host-a"), lab.host("host-b")];
  const body = { name: "own", path: join(a.directory, "own") };
  await mkdir(body.path);
  await a.api("POST /v1/pools", { body });
  const refused = await a.ferry(["cluster", "volume", "add", "own"]);
  assert.match(refused.stderr, /host "host-[bc]" has no pool of that name/);
  const added = await a.ferry(["cluster", "volume", "add", "vms"]);
  assert.equal(added.exitCode, 0, added.stderr);
  await until("every host has looked", async () => (await troubles(b)).length === 0);
  const again = await b.ferry(["cluster", "volume", "list", "--json"]);
  assert.match(again.stdout, /"onLoss":\s*"pause"/);
});

test("policy pause: a host that loses it pauses its VM, nobody else starts it, and it goes on when the volume is back", async () => {
  const a = lab.host("host-a");
  await using watch = await lab.client.use(address, ["counter"]);
  await hide(a);
  await until("it is paused", async () => (await vmOn(a, vm))?.state === "paused");
  await until("others know", async () =>
    (await troubles(lab.host("host-b"))).some((text) => text.startsWith("host-a: ")),
  );
  assert.deepEqual(await runsOn(lab.hosts, vm), []);
  await show(a);
  await until("it goes on", async () => (await runsOn(lab.hosts, vm)).includes("host-a"));
  const { lost, duplicates } = await watch.counter();
  assert.deepEqual({ lost, duplicates }, { lost: 0, duplicates: 0 });
});

test("policy move: a host that loses it ends its VM, which starts on a host that has it, with every acknowledged record", async () => {
  const [a, b, c] = [lab.host("host-a"), lab.host("host-b"), lab.host("host-c")];
  await b.api("PUT /v1/cluster/volumes/{pool}", {
    params: { pool: "vms" },
    body: { onLoss: "move" },
  });
  await disk("write /dev/vda 3 20");
  const [, acknowledged = "0"] = (await disk("stop")).split(" ");
  await hide(a);
  await until("it runs elsewhere", async () => (await runsOn([b, c], vm)).length === 1);
  assert.equal(await vmOn(a, vm), undefined);
  await lab.client.waitFor(address, guestPorts.disk, patienceMs);
  assert.match(await disk(`verify /dev/vda 3 ${acknowledged}`), / 0$/);
  await show(a);
  await until("host-a has it again", async () => (await troubles(b)).length === 0);
  assert.equal((await runsOn(lab.hosts, vm)).length, 1);
});

test("a copy of the directory is told from the volume, and nothing starts on it", async () => {
  const { hosts } = await clusterOf(lab.host("host-a"));
  const [owner] = await runsOn(lab.hosts, vm);
  const other = hosts.find(({ coordinator, name }) => !coordinator && name !== owner);
  assert.ok(other !== undefined);
  const host = lab.host(other.name);
  const copy = `${host.directory}/copy`;
  await run("cp", ["-a", `${lab.directory}/vms`, copy]);
  // The copy stays what it was; the coordinator's mark is renewed when its agent starts.
  await inside(host, ["mount", "--bind", copy, `${lab.directory}/vms`]);
  const coordinator = hosts.find(({ coordinator: is }) => is);
  assert.ok(coordinator !== undefined);
  await lab.host(coordinator.name).agent.stop("SIGKILL");
  await lab.host(coordinator.name).agent.start();
  await until("the copy is found out", async () =>
    (await troubles(lab.host(coordinator.name))).some(
      (text) => text.startsWith(`${other.name}: `) && /another directory/.test(text),
    ),
  );
  assert.equal((await runsOn(lab.hosts, vm)).length, 1, "a doubt ends no guest");
  await show(host);
});

test("a VM with a physical disk is the cluster's and moves once the disk is, and starts elsewhere with its records when its host dies", async () => {
  loop = await LoopDisk.make(`${lab.directory}/disk.img`, 8);
  const [a, b, c] = [lab.host("host-a"), lab.host("host-b"), lab.host("host-c")];
  const [name, at] = ["phys01", "10.77.0.51"];
  const luns = [{ name: "lun0", source: { kind: "physical" as const, device: loop.name } }];
  await createGuest(lab, {
    ...{ name, host: "host-a", address: at, memoryMib: 128, services: ["disk"], draft: { luns } },
  });
  const early = await a.ferry(["vm", "cluster", name]);
  assert.match(early.stderr, /it has physical disk "lun0" of its host/);
  const unknown = await a.ferry(["cluster", "disk", "add", "/dev/disk/by-id/none"]);
  assert.match(unknown.stderr, /Cannot read physical disk/);
  const added = await a.ferry(["cluster", "disk", "add", loop.name]);
  assert.equal(added.exitCode, 0, added.stderr);
  const clustered = await a.ferry(["vm", "cluster", name, "--prefer", "host-c"]);
  assert.equal(clustered.exitCode, 0, clustered.stderr);
  const used = await b.ferry(["cluster", "disk", "remove", loop.name]);
  assert.match(used.stderr, /VM "phys01" has it/);
  const ask = (line: string) => lab.client.ask(at, guestPorts.disk, line);
  await ask("write /dev/vda 5 20");
  // The hosts learn of the disk at their next look.
  await until("it moves", async () => (await a.ferry(["move", name, "host-b"])).exitCode === 0);
  const [, acknowledged = "0"] = (await ask("stop")).split(" ");
  await b.powerCut();
  await until("it runs elsewhere", async () => (await runsOn([a, c], name)).length === 1);
  await lab.client.waitFor(at, guestPorts.disk, patienceMs);
  assert.match(await ask(`verify /dev/vda 5 ${acknowledged}`), / 0$/);
});

/** `HOST: why` of every host that does not reach a volume. */
async function troubles(host: LabHost): Promise<string[]> {
  const { volumes } = await host.api("GET /v1/cluster/volumes");
  return volumes.flatMap(({ hosts }) =>
    hosts.flatMap(({ name, trouble }) => (trouble === null ? [] : [`${name}: ${trouble}`])),
  );
}

/** The shared pool's directory is another file system to the host from now on, an empty one: what is open stays open. */
async function hide(host: LabHost): Promise<void> {
  await inside(host, ["mount", "-t", "tmpfs", "tmpfs", `${lab.directory}/vms`]);
}

async function show(host: LabHost): Promise<void> {
  await inside(host, ["umount", "--lazy", `${lab.directory}/vms`]);
}

/** In the mounts of the host's agent. */
async function inside(host: LabHost, command: string[]): Promise<void> {
  const pid = await host.agent.pid();
  await run("nsenter", ["--mount", "--target", String(pid), "--", ...command]);
}
