/**
 * What would stop a move with disks, or lose something, is reported before anything is copied: real images, real file systems,
 * both hosts' own facts.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { readMachineFacts } from "../../src/agent/machine.ts";
import type { MigrationOptions } from "../../src/migration/record.ts";
import { Precheck } from "../../src/precheck/precheck.ts";
import type { CheckReport } from "../../src/precheck/report.ts";
import { Secrets } from "../../src/storage/secrets.ts";
import type { VmDraft } from "../../src/vm/draft.ts";
import { TestHost, testDirectory } from "../vm/host.ts";
import { qemuIo } from "./apart.ts";

const run = promisify(execFile);
const MiB = 1 << 20;
let directory: Awaited<ReturnType<typeof testDirectory>>;
let a: TestHost;
let b: TestHost;
let precheck: Precheck;

before(async () => {
  directory = await testDirectory();
  a = await TestHost.make("host-a", directory.path);
  b = await TestHost.make("host-b", directory.path, { tpmEmulator: "/nowhere/swtpm" });
  await mkdir(at("shared"), { mode: 0o777 });
  for (const host of [a, b]) await host.pools.add("shared", at("shared"));
  await addPool(a, "local");
  await addPool(b, "local");
  await addPool(b, "small", ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs"]);
  await addPool(b, "readonly");
  await run("mount", ["--bind", at("host-b/readonly"), at("host-b/readonly")]);
  await run("mount", ["-o", "remount,bind,ro", at("host-b/readonly")]);
  const there = new Precheck({ ...partsOf(b, "host-b"), askTarget: () => assert.fail() });
  precheck = new Precheck({
    ...partsOf(a, "host-a"),
    askTarget: (_host, request) => there.facts(request),
  });
  await create(a, {
    name: "web01",
    disks: [{ name: "root", pool: "local", file: "root.qcow2", sizeBytes: 256 * MiB }],
  });
  await qemuIo("qcow2", at("host-a/local/root.qcow2"), "write -P 7 0 24M");
  await a.vms.start("web01");
});

after(async () => {
  for (const pool of ["small", "readonly"])
    await run("umount", [at(`host-b/${pool}`)]).catch(() => undefined);
  await a?.[Symbol.asyncDispose]();
  await b?.[Symbol.asyncDispose]();
  await directory?.[Symbol.asyncDispose]();
});

function at(path: string): string {
  return join(directory.path, path);
}

async function addPool(host: TestHost, name: string, mount?: readonly string[]): Promise<void> {
  const path = at(join(host === a ? "host-a" : "host-b", name));
  await mkdir(path, { mode: 0o777 });
  if (mount !== undefined) await run(mount[0] ?? "", [...mount.slice(1), path]);
  await host.pools.add(name, path);
}

async function create(host: TestHost, draft: VmDraft): Promise<void> {
  await host.vms.create({ memoryMib: 32, vnc: false, ...draft });
}

function partsOf({ vms, pools, switches, paths }: TestHost, host: string) {
  return {
    ...{ host, vms, pools, switches, secrets: new Secrets(paths.state) },
    paths: { ...paths, sysfs: "/sys", devices: "/dev" },
    others: async () => [],
    machine: async () => ({
      ...(await readMachineFacts(vms.qemu, "0.1.0", "/sys")),
      ...{
        memoryAvailableBytes: 2 ** 40,
        defaultDiskPool: null,
        performanceOption: "tcp" as const,
      },
      ...{ moveAddresses: ["10.0.0.2"], migrationNetworks: null },
      closed: { outgoing: null, incoming: null },
    }),
  };
}

async function check(options: MigrationOptions = {}, vm = "web01"): Promise<CheckReport> {
  return precheck.run({ vm, target: "host-b", options: { withStorage: true, ...options } });
}

/** The checks that found something of the kind, without what the machine that runs this may be like. */
function found(report: CheckReport, severity: "blocking" | "warning" = "blocking"): string[] {
  const always = ["vm-state", "virtualization", "emulator-keeps-track", "load"];
  const wanted = report.findings.filter((finding) => finding.severity === severity);
  for (const { check: id, remedy } of wanted) assert.ok((remedy ?? "") !== "", id);
  return wanted.map((finding) => finding.check).filter((id) => !always.includes(id));
}

test("with room, names free and nothing in the way a move with disks is possible, and says what goes where", async () => {
  const report = await check({ targetPool: "local" });
  assert.deepEqual(found(report), []);
  assert.deepEqual(
    report.disks.map(({ name, targetPool }) => [name, targetPool]),
    [["root", "local"]],
  );
  assert.deepEqual(found(await check({ withStorage: false }), "warning"), ["disks-move"]);
});

test("a file system without room, and one that is read-only, are reported", async () => {
  assert.deepEqual(found(await check({ targetPool: "small" })), ["disk-space"]);
  assert.deepEqual(found(await check({ targetPool: "readonly" })), ["target-pool-writable"]);
});

test("a file of a disk's name is reported, and so is a VM that has it", async () => {
  await addPool(b, "taken");
  await writeFile(at("host-b/taken/root.qcow2"), "precious");
  assert.deepEqual(found(await check({ targetPool: "taken" })), ["disk-name-free"]);
  await addPool(b, "used");
  await create(b, { name: "db01", disks: [{ pool: "used", file: "root.qcow2", sizeBytes: MiB }] });
  assert.deepEqual(found(await check({ targetPool: "used" })), ["disk-name-free", "disk-unused"]);
});

test("a shared disk that a VM of the target has is reported", async () => {
  await create(a, {
    name: "web02",
    disks: [{ pool: "shared", file: "both.qcow2", sizeBytes: MiB }],
  });
  await create(b, { name: "db02", disks: [{ pool: "shared", file: "both.qcow2" }] });
  assert.deepEqual(found(await check({}, "web02")), ["disk-unused"]);
});

test("snapshots inside an image stop a move that would lose them, and none that leaves the disk where it is", async () => {
  const snapshot = async (pool: string, name: string): Promise<void> => {
    await create(a, { name, disks: [{ pool, file: `${name}.qcow2`, sizeBytes: MiB }] });
    const path = at(pool === "shared" ? `shared/${name}.qcow2` : `host-a/local/${name}.qcow2`);
    await run("qemu-img", ["snapshot", "-c", "before", path]);
  };
  await snapshot("local", "web03");
  await snapshot("shared", "web04");
  assert.deepEqual(found(await check({}, "web03")), ["disk-snapshots"]);
  assert.deepEqual(found(await check({}, "web04")), []);
});

test("a base that the target has not is copied into the disk, says the report; one it has is kept", async () => {
  const base = at("host-a/local/base.qcow2");
  await run("qemu-img", ["create", "-q", "-f", "qcow2", base, String(64 * MiB)]);
  await qemuIo("qcow2", base, "write -P 3 0 20M");
  const disks = [
    { name: "root", pool: "local", file: "web05.qcow2", base: { file: "base.qcow2" } },
  ];
  await create(a, { name: "web05", disks });
  const whole = await check({}, "web05");
  assert.deepEqual(found(whole, "warning"), ["disk-base"]);
  assert.ok((whole.disks[0]?.allocatedBytes ?? 0) > 20 * MiB);
  assert.deepEqual(found(await check({ targetPool: "small" }, "web05")), ["disk-space"]);
  await copyFile(base, at("host-b/local/base.qcow2"));
  const kept = await check({}, "web05");
  assert.deepEqual([found(kept), found(kept, "warning")], [[], []]);
  assert.equal(kept.disks[0]?.backing?.[0]?.file, "base.qcow2");
  assert.ok((kept.disks[0]?.allocatedBytes ?? 0) < MiB);
});

test("a shared disk on a base that is not shared is refused: its name there proves nothing", async () => {
  const base = { pool: "local", file: "base.qcow2" };
  await create(a, {
    name: "web06",
    disks: [{ name: "root", pool: "shared", file: "web06.qcow2", base }],
  });
  assert.deepEqual(found(await check({}, "web06")), ["base-reached"]);
  assert.deepEqual(found(await check({ targetPool: "local" }, "web06")), []);
});

test("a medium would be copied, or is left out with --eject", async () => {
  await writeFile(at("host-a/local/tools.iso"), Buffer.alloc(MiB));
  await create(a, { name: "web07", iso: { pool: "local", file: "tools.iso" } });
  const asked = await check({ withStorage: false }, "web07");
  assert.deepEqual(found(asked, "warning"), ["files-move"]);
  const ejected = await check({ withStorage: false, eject: true }, "web07");
  assert.deepEqual([found(ejected), found(ejected, "warning"), ejected.files], [[], [], []]);
});

test("a target without swtpm can't take a VM with a TPM", async () => {
  await create(a, { name: "web08", tpm: { model: "crb" } });
  assert.deepEqual(found(await check({}, "web08")), ["tpm"]);
});

test("nothing of all this left anything on the target", async () => {
  assert.deepEqual(await b.traces(), []);
});
