import assert from "node:assert/strict";
import { test } from "node:test";
import type { VmDefinition } from "../vm/definition.ts";
import type { CheckInput } from "./check.ts";
import type { HostFacts } from "./facts.ts";
import { reportOn } from "./report.ts";
import { proofAnswer } from "./same-bytes.ts";

const definition: VmDefinition = {
  version: 1,
  id: "5a3c3c0e-9d3a-4f6e-8a55-0f2f4be0b1aa",
  name: "web01",
  description: "",
  tags: [],
  machine: { type: "pc-q35-10.0", firmware: "bios" },
  cpu: { sockets: 1, cores: 1, threads: 1, model: "qemu64" },
  memory: { mib: 1024 },
  disks: [
    {
      name: "root",
      pool: "vms",
      file: "root.qcow2",
      format: "qcow2",
      bus: "virtio",
      cache: "none",
      readOnly: false,
    },
  ],
  cdroms: [],
  nics: [{ name: "nic0", switch: "lan", vlan: null, mac: "52:54:00:00:00:01", model: "virtio" }],
  bootOrder: [],
  kernelBoot: null,
  display: { vnc: false },
  serial: true,
};

function facts(host: string, more: Partial<HostFacts> = {}): HostFacts {
  return {
    host,
    ferryVersion: "0.1.0",
    protocolVersions: [1],
    definitionVersion: 1,
    clockMs: 1_000_000,
    qemu: { version: "10.0.2", machineTypes: ["pc-q35-10.0", "pc-q35-7.2"] },
    accelerator: "kvm",
    cpu: { vendor: "AuthenticAMD", flags: [] },
    memoryAvailableBytes: 8 * 2 ** 30,
    defaultDiskPool: null,
    performanceOption: "compression",
    rdmaDevices: [],
    moveAddresses: ["10.0.0.2"],
    migrationNetworks: null,
    closed: { outgoing: null, incoming: null },
    known: null,
    pools: {
      vms: {
        id: "p1",
        freeBytes: 2 ** 40,
        proof: "written by host-a",
        writeError: null,
        missing: [],
      },
    },
    storage: { vms: { freeBytes: 2 ** 40, files: { "root.qcow2": 1 }, writeError: null } },
    images: { root: { virtualBytes: 2 ** 34, allocatedBytes: 2 ** 30, snapshots: 0 } },
    switches: { lan: "br0" },
    ...more,
  };
}

function input(more: Partial<CheckInput> = {}): CheckInput {
  return {
    definition,
    vm: { state: "running", migration: null, ownership: "owner" },
    options: {},
    source: facts("host-a"),
    target: facts("host-b"),
    answers: { vms: proofAnswer("host-b") },
    ...more,
  };
}

const blockingIds = (question: CheckInput): string[] =>
  reportOn(question)
    .findings.filter((finding) => finding.severity === "blocking")
    .map((finding) => finding.check);

test("reportOn() passes two alike hosts that reach the same pool", () => {
  const report = reportOn(input());
  assert.equal(report.possible, true);
  assert.ok(report.findings.every((finding) => finding.severity === "passed"));
});

test("reportOn() reports everything that is wrong at once, each with a remedy", () => {
  const target = facts("host-b", {
    protocolVersions: [9],
    qemu: { version: "7.2.22", machineTypes: ["pc-q35-7.2"] },
    accelerator: "tcg",
    cpu: { vendor: "GenuineIntel", flags: [] },
    memoryAvailableBytes: 2 ** 20,
    known: { id: "other", state: "running" },
    pools: {
      vms: { id: "p2", freeBytes: 0, proof: null, writeError: null, missing: ["root.qcow2"] },
    },
    switches: { lan: null },
  });
  const question = input({ vm: { state: "stopped", migration: null, ownership: "owner" }, target });
  assert.deepEqual(blockingIds(question), [
    "vm-state",
    "vm-unknown-on-target",
    "machine-type",
    "protocol-version",
    "virtualization",
    "cpu-vendor",
    "memory",
    "virtual-switch",
    "disk-name-free",
  ]);
  for (const finding of reportOn(question).findings) {
    assert.ok(finding.severity === "passed" || (finding.remedy ?? "").length > 0, finding.check);
  }
});

test("reportOn() refuses a newer machine on an older QEMU and names both versions", () => {
  const target = facts("host-b", { qemu: { version: "7.2.22", machineTypes: ["pc-q35-7.2"] } });
  const finding = reportOn(input({ target })).findings.find(
    ({ check }) => check === "machine-type",
  );
  assert.match(finding?.message ?? "", /7\.2\.22.*pc-q35-10\.0.*10\.0\.2/);
});

test("reportOn() does not believe equal pool ids without the target's answer in the proof", () => {
  const report = reportOn(input({ answers: { vms: "written by host-a" } }));
  assert.deepEqual(
    report.disks.map(({ name }) => name),
    ["root"],
  );
});

test("reportOn() tells a pool the target may not write to from a pool that is another", () => {
  const pool = facts("host-b").pools["vms"];
  assert.ok(pool);
  const target = facts("host-b", {
    pools: { vms: { ...pool, writeError: "Read-only file system" } },
  });
  assert.deepEqual(blockingIds(input({ target, answers: { vms: null } })), ["pool-writable"]);
});

test("reportOn() says on which host RDMA has no device, whoever asked for it", () => {
  const source = facts("host-a", {
    performanceOption: "rdma",
    rdmaDevices: ["mlx5_0"],
    rdmaAddresses: ["10.1.0.1/24"],
  });
  const asked = reportOn(input({ options: { performance: "rdma" } }));
  const byHost = (report: typeof asked) =>
    report.findings.filter(({ severity }) => severity === "blocking").map(({ host }) => host);
  assert.deepEqual(byHost(asked), ["host-a", "host-b"]);
  assert.deepEqual(byHost(reportOn(input({ source }))), ["host-b"]);
  assert.deepEqual(blockingIds(input({ source, options: { performance: "tcp" } })), []);
});

test("reportOn() wants RDMA addresses in one subnet, and no post-copy over them; it warns that nothing is encrypted", () => {
  const rdma = (host: string, ...rdmaAddresses: string[]) =>
    facts(host, { performanceOption: "rdma", rdmaDevices: ["mlx5_0"], rdmaAddresses });
  const source = rdma("host-a", "10.1.0.1/24");
  const blocking = (target: HostFacts, options: CheckInput["options"] = {}) =>
    blockingIds(input({ source, target, options }));
  const there = rdma("host-b", "10.1.0.2/24");
  assert.deepEqual(blocking(there), []);
  assert.deepEqual(blocking(rdma("host-b", "10.2.0.2/24")), ["performance-option"]);
  assert.deepEqual(blocking(rdma("host-b")), ["performance-option"]);
  assert.ok(blocking(there, { convergencePolicy: "post-copy" }).includes("performance-option"));
  const { findings } = reportOn(input({ source, target: there }));
  assert.equal(findings.find(({ check }) => check === "rdma-in-the-clear")?.severity, "warning");
});

test("reportOn() lets an emulated guest move between manufacturers, with a warning", () => {
  const tcg = { accelerator: "tcg" } as const;
  const report = reportOn(
    input({
      source: facts("host-a", tcg),
      target: facts("host-b", { ...tcg, cpu: { vendor: "GenuineIntel", flags: [] } }),
    }),
  );
  assert.equal(report.possible, true);
  assert.deepEqual(
    report.findings.filter(({ severity }) => severity === "warning").map(({ check }) => check),
    ["virtualization"],
  );
});
