/**
 * Two hosts with QEMUs of different age, as in the middle of an upgrade: host-a has Debian 12's 7.2, host-b a 10.x. What the checks
 * say about processors and versions, and what then moves. Without KVM a QEMU before 9.0 may lose what a guest writes while it
 * moves (docs/decisions/0008): the guest does little here, and its memory is not compared.
 */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { CheckReport } from "../../src/api/schema/check.ts";
import type { Baseline, VmCpu } from "../../src/api/schema/cpu.ts";
import type { VmCreate } from "../../src/api/schema/vm.ts";
import { createGuest, guestDraft } from "../../lab/guest.ts";
import { Lab } from "../../lab/lab.ts";
import type { LabHost } from "../../lab/lab-host.ts";

const address = "10.77.0.50";
let lab: Lab;
let a: LabHost;
let b: LabHost;
let newer: object;

before(async () => {
  lab = await Lab.up({ name: "d1-versions" });
  a = lab.host("host-a");
  b = lab.host("host-b");
  const { qemu } = await configuration(b);
  newer = qemu;
  await useQemu(a, { ...qemu, binary: "qemu-system-x86_64", dataDirectory: null });
  await createGuest(lab, { name: "web01", host: "host-a", address, diskMib: 8 });
});

after(() => Lab.down("d1-versions"));

async function configuration(host: LabHost): Promise<{ qemu: object }> {
  const text = await readFile(join(host.directory, "ferryd.yaml"), "utf8");
  return JSON.parse(text) as { qemu: object };
}

/** The host's QEMU is replaced, as an upgrade of its packages does; VMs that run go on with what they have. */
async function useQemu(host: LabHost, qemu: object): Promise<void> {
  const config = { ...(await configuration(host)), qemu };
  await writeFile(join(host.directory, "ferryd.yaml"), JSON.stringify(config));
  await host.agent.stop();
  await host.agent.start();
}

async function ferry<T = unknown>(host: LabHost, ...args: string[]): Promise<T> {
  const { stdout, stderr } = await host.ferry([...args, "--json"]);
  assert.notEqual(stdout, "", stderr);
  return JSON.parse(stdout) as T;
}

async function said(host: LabHost, ...args: string[]): Promise<string> {
  return (await host.ferry(args)).stdout;
}

/** A VM that is only looked at. */
async function make(host: LabHost, draft: Partial<VmCreate> & { name: string }): Promise<void> {
  const body = guestDraft({ name: draft.name, host: host.name, address: "10.77.0.60", draft });
  await host.api("POST /v1/vms", { body });
}

function messages(report: CheckReport, check: string, severity = "blocking"): string[] {
  return report.findings
    .filter((finding) => finding.check === check && finding.severity === severity)
    .map(({ message }) => message);
}

test("an older host's VM may go to the newer one, and the check says what is unsound about the old one", async () => {
  const report = await ferry<CheckReport>(a, "check", "web01", "host-b");
  assert.equal(report.possible, true, JSON.stringify(report.findings));
  assert.match(
    messages(report, "emulator-keeps-track", "warning").join(),
    /QEMU 7\.2\.\d+ on "host-a"/,
  );
  for (const id of ["cpu-vendor", "cpu-model", "cpu-features", "machine-type", "domain"]) {
    assert.equal(messages(report, id, "passed").length, 1, id);
  }
});

test("a newer machine type, an unknown CPU model and features the old QEMU lacks are named, all at once", async () => {
  await make(b, { name: "new01", cpuModel: "SapphireRapids-v3" });
  const report = await ferry<CheckReport>(b, "check", "new01", "host-a");
  assert.match(
    messages(report, "machine-type").join(),
    /QEMU 7\.2\.\d+ on "host-a" has no machine type "pc-q35-10\.\d" \(QEMU 10\.\d+\.\d+ on "host-b" has\)/,
  );
  assert.match(
    messages(report, "cpu-model").join(),
    /QEMU 7\.2\.\d+ on "host-a" does not know CPU model "SapphireRapids-v3" of VM "new01"/,
  );
  assert.match(messages(report, "cpu-features").join(), /lacks \d+ processor features .*amx-tile/);
  assert.equal(messages(report, "vm-state").length, 1);
});

test("a guest that has all of the newer host's processor can't go back, and is told each feature", async () => {
  await make(b, { name: "max01", cpuModel: "max", machineType: "pc-q35-7.2" });
  const report = await ferry<CheckReport>(b, "check", "max01", "host-a");
  const text = messages(report, "cpu-features").join();
  assert.match(
    text,
    /"host-a" lacks \d+ processor features that the guest of VM "max01" has: .*rdpid/,
  );
  const cpu = await ferry<VmCpu>(b, "vm", "cpu", "max01");
  assert.deepEqual(
    cpu.hosts.map(({ host, possible, reasons }) => ({ host, possible, reasons })),
    [{ host: "host-a", possible: false, reasons: [text] }],
  );
  assert.match(await said(b, "vm", "cpu", "max01"), /host-a\s+no\s+"host-a" lacks/);
});

test("a guest whose processor is whatever its host has would find another at its next start, which is said", async () => {
  await make(a, { name: "max02", cpuModel: "max" });
  const report = await ferry<CheckReport>(a, "check", "max02", "host-b");
  assert.match(
    messages(report, "cpu-portable", "warning").join(),
    /CPU model "max" is whatever the host has: on "host-b" the guest would find \d+ more features/,
  );
  await a.api("DELETE /v1/vms/{vm}", { params: { vm: "max02" } });
});

test("the guest's processor is shown, and the greatest model of both hosts is offered", async () => {
  const cpu = await ferry<VmCpu>(a, "vm", "cpu", "web01");
  assert.equal(cpu.model, "x86-64-v2");
  assert.ok(cpu.features.includes("sse4.2") && !cpu.features.includes("avx2"));
  assert.deepEqual(cpu.hosts, [{ host: "host-b", possible: true, reasons: [] }]);
  const baseline = await ferry<Baseline>(a, "host", "baseline");
  assert.deepEqual(baseline.hosts, ["host-a", "host-b"]);
  assert.equal(baseline.model, "x86-64-v3");
  const [level4] = baseline.beyond;
  assert.equal(level4?.model, "x86-64-v4");
  assert.ok(level4.lacking.every(({ missing }) => missing.includes("avx512f")));
  assert.match(await said(a, "host", "baseline"), /--cpu-model x86-64-v3/);
  const unknown = await a.ferry(["host", "baseline", "host-z"]);
  assert.match(unknown.stderr, /Cannot find host "host-z": the domain has host-a, host-b/);
});

test("the versions of all hosts are shown, with what all of them have", async () => {
  const text = await said(a, "host", "versions");
  assert.match(text, /host-a .* 7\.2\.\d+ +pc-q35-7\.2/);
  assert.match(text, /host-b .* 10\.\d+\.\d+ +pc-q35-10\.\d/);
  assert.match(text, /On all of them: machine pc-q35-7\.2/);
});

test("a domain is upgraded host by host: the VM goes to the newer QEMU, back to the old one and on, and never stops", async () => {
  await using watch = await lab.client.use(address, ["counter", "redis"]);
  const go = async (from: LabHost, to: LabHost, ...options: string[]): Promise<void> => {
    const { exitCode, stderr } = await from.ferry(["move", "web01", to.name, ...options]);
    assert.equal(exitCode, 0, stderr);
  };
  await go(a, b);
  // Where the newer QEMU is the source nothing may be lost, and every page is compared.
  await go(b, a, "--verify", "--max-blackout", "10s");
  await go(a, b);
  await useQemu(a, newer);
  await go(b, a, "--verify", "--max-blackout", "10s");
  const { state, definition } = await a.api("GET /v1/vms/{vm}", { params: { vm: "web01" } });
  assert.equal(state, "running");
  assert.equal(definition.machine.type, "pc-q35-7.2");
  // Not what it counted: that lives in memory of which the old QEMU may have lost a change.
  const { errors, received } = await watch.counter();
  assert.equal(errors, 0);
  assert.ok(received > 0);
});

test("a running VM's newer machine waits for its next start, and the move takes the note along", async () => {
  const older = await a.ferry(["vm", "upgrade", "web01", "--machine", "pc-q35-6.2"]);
  assert.match(older.stderr, /from pc-q35-7\.2 to pc-q35-6\.2: that is older/);
  const text = await said(a, "vm", "upgrade", "web01");
  assert.match(text, /has machine pc-q35-7\.2; it becomes pc-q35-10\.\d when it is next shut down/);
});

test("a kept report shows what was mended since, and the move that it is given to holds it to that", async () => {
  const file = join(lab.directory, "report.json");
  const { switches } = await b.api("GET /v1/switches");
  const bridge = switches.find(({ name }) => name === "lan")?.bridge ?? "";
  for (const vm of ["new01", "max01"]) {
    if ((await b.api("GET /v1/vms", {})).vms.some(({ name }) => name === vm)) {
      await b.api("DELETE /v1/vms/{vm}", { params: { vm } });
    }
  }
  await b.api("DELETE /v1/switches/{switch}", { params: { switch: "lan" } });
  const first = await a.ferry(["check", "web01", "host-b", "--save", file]);
  assert.equal(first.exitCode, 6, first.stderr);
  assert.match(
    first.stdout,
    /BLOCKS {3}virtual-switch \(host-b\): "host-b" has no virtual switch "lan"/,
  );
  assert.doesNotMatch(first.stdout, /^expected/m);
  await b.api("POST /v1/switches", { body: { name: "lan", bridge } });
  const second = await a.ferry(["check", "--again", file, "--save", file]);
  assert.equal(second.exitCode, 0, second.stderr);
  assert.match(second.stdout, /mended {3}virtual-switch \(host-b\)/);
  assert.match(second.stdout, /^expected {2}\S+ m?s in all, blackout .* on the wire$/m);
  const other = await a.ferry(["move", "web01", "host-a", "--report", file]);
  assert.match(other.stderr, /it is about moving "web01" to "host-b"/);
  const moved = await a.ferry(["move", "--report", file]);
  assert.equal(moved.exitCode, 0, moved.stderr);
  const stale = await b.ferry(["move", "--report", file]);
  assert.match(stale.stderr, /"web01" is on "host-b" already/);
});

test("at its next start from nothing the VM has the newer machine", async () => {
  const after = await b.api("GET /v1/vms/{vm}", { params: { vm: "web01" } });
  assert.equal(after.definition.machine.type, "pc-q35-7.2");
  await b.api("POST /v1/vms/{vm}/power-off", { params: { vm: "web01" } });
  await b.api("POST /v1/vms/{vm}/start", { params: { vm: "web01" } });
  const { definition, state } = await b.api("GET /v1/vms/{vm}", { params: { vm: "web01" } });
  assert.equal(state, "running");
  assert.match(definition.machine.type, /^pc-q35-10\.\d$/);
  assert.equal(definition.machine.upgradeTo, undefined);
});
