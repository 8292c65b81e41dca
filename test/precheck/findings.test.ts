/** `ferry check` where much is wrong at once, with real parts: every cause in one report, in words, and nothing is changed. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual, promisify } from "node:util";
import { Lab } from "../../lab/lab.ts";
import type { LabHost } from "../../lab/lab-host.ts";
import { end } from "../../lab/namespaces.ts";
import { patienceMs } from "../../lab/patience.ts";
import { namespaceOf } from "../../lab/topology.ts";
import type { CheckReport, Finding } from "../../src/api/schema/check.ts";
import type { VmCreate } from "../../src/api/schema/vm.ts";
import { traces, tracesBeside } from "./traces.ts";

const run = promisify(execFile);
const labName = "d2find";
const mac = "52:54:00:aa:00:01";
const plain: VmCreate = {
  ...{ name: "plain01", memoryMib: 64, vnc: false },
  disks: [{ pool: "vms", sizeBytes: 1 << 20 }],
  nics: [{ switch: "dmz", mac }],
  sharedFolders: [{ name: "share", pool: "vms", directory: "exchange" }],
};
let lab: Lab;
let a: LabHost;
let b: LabHost;

before(async () => {
  lab = await Lab.up({ name: labName });
  a = lab.host("host-a");
  b = lab.host("host-b");
  // A second switch, whose bridges a wire of its own connects.
  for (const host of lab.hosts) {
    await ip(host, "link", "add", "br1", "type", "bridge");
    await ip(host, "link", "set", "br1", "up");
    await host.api("POST /v1/switches", { body: { name: "dmz", bridge: "br1" } });
  }
  const peer = ["peer", "name", "dmz0", "netns", namespaceOf(labName, b.name)];
  await ip(a, "link", "add", "dmz0", "type", "veth", ...peer);
  for (const host of lab.hosts) await ip(host, "link", "set", "dmz0", "master", "br1", "up");
  await mkdir(join(lab.directory, "vms/exchange"), { mode: 0o777 });
  await a.api("POST /v1/vms", { body: plain });
  await a.api("POST /v1/vms/{vm}/start", { params: { vm: "plain01" } });
});

after(() => Lab.down(labName));

async function ip(host: LabHost, ...args: string[]): Promise<void> {
  await run("ip", ["-n", host.namespace, ...args]);
}

async function report(vm: string): Promise<CheckReport> {
  return await a.api("POST /v1/checks", { body: { vm, target: "host-b" } });
}

function of(findings: readonly Finding[], id: string): string[] {
  return findings
    .filter(({ check, severity }) => check === id && severity !== "passed")
    .map(({ host, severity, message }) => `${host} ${severity}: ${message}`);
}

async function troubles(vm: string, id: string): Promise<string[]> {
  return of((await report(vm)).findings, id);
}

test("a VM that has everything it needs on both hosts passes all of these checks", async () => {
  const { findings } = await report("plain01");
  const against = findings.filter(({ severity }) => severity === "blocking");
  assert.deepEqual(against, []);
  for (const id of [
    "network-segment",
    "network-mtu",
    "network-vlan",
    "mac-unique",
    "memory-promised",
    "huge-pages",
    "cpu-overcommit",
    "qemu-allows",
    "shared-folder",
  ]) {
    assert.deepEqual(of(findings, id), [], id);
    assert.ok(
      findings.some(({ check }) => check === id),
      id,
    );
  }
});

test("a bridge that is in another segment, and one with a smaller MTU, are found", async () => {
  await ip(b, "link", "set", "dmz0", "nomaster");
  assert.match(
    (await troubles("plain01", "network-segment"))[0] ?? "",
    /^host-b blocking: Frames from switch "dmz" of "host-a" do not arrive at "host-b" \(br1\)/,
  );
  await ip(b, "link", "set", "dmz0", "master", "br1");
  assert.deepEqual(await troubles("plain01", "network-segment"), []);
  await ip(b, "link", "set", "br1", "mtu", "1400");
  assert.deepEqual(await troubles("plain01", "network-mtu"), [
    'host-b warning: Switch "dmz" carries 1400 bytes on "host-b", 1500 on "host-a": larger frames of the guest would be lost',
  ]);
  await ip(b, "link", "set", "br1", "mtu", "1500");
  await ip(b, "link", "set", "dmz0", "up");
});

test("a MAC address that a VM of the target has, or something in the network, is found", async () => {
  await b.api("POST /v1/vms", { body: { ...plain, name: "double01" } });
  assert.deepEqual(await troubles("plain01", "mac-unique"), [
    `host-b blocking: VM "double01" on "host-b" has MAC address ${mac} too`,
  ]);
  await b.api("DELETE /v1/vms/{vm}", { params: { vm: "double01" } });
  // Something on the wire that sends with the guest's address: the source's bridge sees it at its uplink.
  await ip(b, "link", "add", "fake0", "address", mac, "type", "veth", "peer", "name", "fake1");
  await ip(b, "link", "set", "fake1", "master", "br1", "up");
  await ip(b, "link", "set", "fake0", "up");
  await ip(b, "address", "add", "10.99.0.1/24", "dev", "fake0");
  await ip(b, "neighbour", "add", "10.99.0.9", "lladdr", "52:54:00:aa:00:99", "dev", "fake0");
  await b.run(["busybox", "nc", "-u", "-w", "1", "10.99.0.9", "9"], "x");
  assert.match(
    (await troubles("plain01", "mac-unique"))[0] ?? "",
    new RegExp(`^host-a warning: "host-a" sees the VM's MAC address ${mac} behind port dmz0`),
  );
  await ip(b, "link", "delete", "fake0");
});

test("a disk that QEMU's user on the target may not write is found", async () => {
  const disk = join(lab.directory, "vms/plain01-disk0.qcow2");
  const { mode } = await stat(disk);
  await chmod(disk, 0o440);
  assert.deepEqual(await troubles("plain01", "qemu-access"), [
    'host-b blocking: QEMU\'s user on "host-b" may not write "plain01-disk0.qcow2" in pool "vms"',
  ]);
  await chmod(disk, mode);
  assert.deepEqual(await troubles("plain01", "qemu-access"), []);
});

const wrong: VmCreate = {
  ...{
    name: "wrong01",
    memoryMib: 16_000_000,
    vnc: false,
    firmware: "uefi",
    topology: { sockets: 64, cores: 4, threads: 1 },
  },
  disks: [{ pool: "local", sizeBytes: 1 << 20, cache: "writeback" }],
  nics: [{ switch: "dmz", mac, vlan: 7 }, { switch: "alone" }],
  luns: [
    {
      source: {
        kind: "iscsi",
        portal: "10.77.0.200:3260",
        target: "iqn.2026-11.lab:none",
        lun: 1,
        secret: "array",
      },
    },
    {
      source: { kind: "iscsi", portal: "10.77.0.200:3260", target: "iqn.2026-11.lab:none", lun: 2 },
    },
    { source: { kind: "physical", device: "/dev/disk/by-id/ata-lab" } },
    { source: { kind: "fibre-channel", adapter: "fc0", target: "500507680140a1b2", lun: 0 } },
  ],
  fibreChannel: [{ fabric: "100000051e0a0b0c" }],
  hostDevices: [
    { name: "key", kind: "usb", vendor: "1050", product: "0407" },
    { name: "gpu", kind: "pci", address: "0000:01:00.0" },
  ],
  sharedFolders: [{ name: "share", pool: "local", directory: "exchange" }],
};

test("when all of it is wrong at once, one report names every cause, each with its remedy", async () => {
  await mkdir(join(a.directory, "local/exchange"));
  await a.api("POST /v1/switches", { body: { name: "alone", bridge: "br1" } });
  await a.run([...a.ferryCommand, "secret", "set", "array", "--user", "ferry"], "a-long-password");
  await a.api("POST /v1/vms", { body: wrong });
  const { findings, possible } = await report("wrong01");
  assert.equal(possible, false);
  const against = findings.filter(({ severity }) => severity !== "passed");
  for (const { check, remedy } of against) assert.ok((remedy ?? "") !== "", check);
  const ids = new Set(against.map(({ check }) => check));
  const wanted = [
    "vm-state",
    "memory",
    "memory-promised",
    "virtual-switch",
    "network-vlan",
    "mac-unique",
    "lun-secret",
    "lun-reached",
    "physical-disk",
    "fibre-channel",
    "host-device",
    "shared-folder",
    "cpu-count",
    "cpu-overcommit",
  ];
  assert.deepEqual(
    wanted.filter((id) => !ids.has(id)),
    [],
  );
  const { exitCode, stdout } = await a.ferry(["check", "wrong01", "host-b"]);
  assert.notEqual(exitCode, 0);
  for (const words of [
    /BLOCKS .*"host-b" does not know secret "array"/,
    /BLOCKS .*"lun2" is physical disk \/dev\/disk\/by-id\/ata-lab of "host-a": it cannot move/,
    /BLOCKS .*The guest has USB device 1050:0407 of "host-a" for itself \("key"\)/,
    /BLOCKS .*The guest has PCI device 0000:01:00.0 of "host-a" for itself \("gpu"\)/,
    /BLOCKS .*"host-b" has no port in fabric 100000051e0a0b0c that could carry adapter "fc0"/,
    /BLOCKS .*"host-b" cannot share folder "share"/,
    /BLOCKS .*Bridge br1 of "host-b" does not filter VLANs, adapter "nic0" is in VLAN 7/,
    /warning .*The VM has 256 vCPUs, "host-b" \d+ logical processors/,
  ]) {
    assert.match(stdout, words);
  }
});

test("a check leaves files, processes and links as they were", async () => {
  const before = [await traces(lab, a), await traces(lab, b)];
  for (const vm of ["plain01", "wrong01"]) await report(vm);
  assert.deepEqual([await traces(lab, a), await traces(lab, b)], before);
});

/** What was asked while the target stands still, once the source's check is under way. */
async function checkUnderWay(): Promise<{ readonly outcome: Promise<string> }> {
  const target = await b.agent.pid();
  assert.ok(target !== undefined);
  end(target, "SIGSTOP");
  const outcome = report("plain01").then(
    () => "answered",
    () => "broken",
  );
  while (!(await proofIsThere())) await sleep(20);
  return { outcome };
}

async function proofIsThere(): Promise<boolean> {
  return (await traces(lab, a)).some((trace) => trace.includes(".ferry-proof-"));
}

test("and so does one whose target dies in the middle", async () => {
  const before = [await tracesBeside(lab, a), await tracesBeside(lab, b)];
  const { outcome } = await checkUnderWay();
  await b.agent.stop("SIGKILL");
  assert.equal(await outcome, "broken");
  assert.deepEqual(await tracesBeside(lab, a), before[0]);
  await b.agent.start();
  assert.deepEqual(await tracesBeside(lab, b), before[1]);
});

/** The target goes on and answers a question that nobody waits for any more. */
test("and so does one whose agent is killed in the middle, once the agent is back", async () => {
  const before = [await tracesBeside(lab, a), await tracesBeside(lab, b)];
  const { outcome } = await checkUnderWay();
  await a.agent.stop("SIGKILL");
  assert.equal(await outcome, "broken");
  end((await b.agent.pid()) ?? 0, "SIGCONT");
  await a.agent.start();
  await b.api("GET /v1/host");
  const look = async () => [await tracesBeside(lab, a), await tracesBeside(lab, b)];
  const deadline = performance.now() + patienceMs;
  while (!isDeepStrictEqual(await look(), before) && performance.now() < deadline) await sleep(20);
  assert.deepEqual(await look(), before);
});
