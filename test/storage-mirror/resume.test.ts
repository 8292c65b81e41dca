/** A copy of disks that failed goes on from what the target has; and nobody but the session reaches a disk's export. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, copyFile, readdir, readFile, readlink, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import type { MigrationRecord } from "../../src/migration/record.ts";
import { exportSocket } from "../../src/qemu/disk-export.ts";
import { findDiskNode } from "../../src/qemu/disk-nodes.ts";
import type { VmDraft } from "../../src/vm/draft.ts";
import { removePartialDisk } from "../../src/vm/keep-partial.ts";
import type { MovingHost } from "../migration/two-hosts.ts";
import { testDirectory } from "../vm/host.ts";
import { type Apart, hostsApart, placeAll, qemuIo, sameContent } from "./apart.ts";

const run = promisify(execFile);
const MiB = 1 << 20;
const disks = [
  { name: "root", pool: "local", file: "root.qcow2", format: "qcow2", sizeBytes: 256 * MiB },
  { name: "data", pool: "local", file: "data.raw", format: "raw", sizeBytes: 64 * MiB },
] satisfies VmDraft["disks"];
const draft: VmDraft = { name: "web01", memoryMib: 32, vnc: false, disks };
/** Somebody else than the user of QEMU, which is nobody in tests. */
const stranger = 64_000;

describe("a copy that failed", { concurrency: false }, () => {
  let directory: Awaited<ReturnType<typeof testDirectory>>;
  let apart: Apart;
  let a: MovingHost;
  let b: MovingHost;

  before(async () => {
    directory = await testDirectory();
    apart = await hostsApart(directory.path);
    ({ a, b } = apart);
    await a.host.vms.create(draft);
    const content = join(directory.path, "content");
    await writeFile(content, randomBytes(16 * MiB));
    const random = `write -q -s ${content}`;
    await qemuIo("qcow2", apart.path(a, "root.qcow2"), `${random} 0 16M`, `${random} 200M 16M`);
    await writeFile(content, randomBytes(16 * MiB));
    await qemuIo("raw", apart.path(a, "data.raw"), `${random} 32M 16M`);
    await a.host.vms.start("web01");
  });

  after(async () => {
    await a?.[Symbol.asyncDispose]();
    await b?.[Symbol.asyncDispose]();
    await directory?.[Symbol.asyncDispose]();
  });

  async function move(options: MigrationRecord["options"]): Promise<string> {
    const placements = await placeAll(apart, a, "web01");
    const request = { vm: "web01", target: b.name, requestedBy: "test", disks: placements };
    return a.migrations.start({ ...request, options }).id;
  }

  /** As the guest would write. */
  async function guestWrites(disk: string, command: string): Promise<void> {
    const qmp = a.host.vms.process(a.host.vms.get("web01").definition.id)?.qmp;
    assert.ok(qmp !== undefined);
    const { node } = await findDiskNode(qmp, disk);
    await qmp.execute("human-monitor-command", { "command-line": `qemu-io ${node} "${command}"` });
  }

  test("leaves nothing where nobody asked for it, and nobody else reaches an export meanwhile", async () => {
    const point = "source:storage-mirror:inside";
    a.faults.arm(point, "hang");
    const struck = a.faults.struck(point);
    const id = await move({ withStorage: true });
    await struck;
    const skeleton = b.host.vms.process(a.host.vms.get("web01").definition.id);
    assert.ok(skeleton !== undefined);
    const socket = exportSocket(skeleton.directory);
    assert.equal((await stat(dirname(socket))).mode & 0o077, 0);
    assert.deepEqual(await tcpSockets(skeleton.pid), []);
    if (process.getuid?.() === 0) {
      // The way there is open, so that it is the VM's own directory that stops a stranger.
      for (let at = dirname(dirname(socket)); at !== "/"; at = dirname(at)) await openWay(at);
      const strange = run("qemu-img", ["info", `nbd+unix:///root?socket=${socket}`], {
        uid: stranger,
        gid: stranger,
      });
      await assert.rejects(strange, /Permission denied/);
    }
    await a.migrations.cancel(id);
    assert.deepEqual(await apart.files(b), []);
    assert.deepEqual(b.host.pools.partialDisks.list(), []);
  });

  test("leaves its disks under names of their own on request, and the agent knows them", async () => {
    a.faults.arm("source:memory-precopy:inside", "fail");
    const record = await a.over(await move({ withStorage: true, keepPartial: true }));
    assert.equal(record.state, "failed");
    const suffix = `.partial-${record.id.slice(0, 8)}`;
    assert.deepEqual(await apart.files(b), [`data.raw${suffix}`, `root.qcow2${suffix}`]);
    const kept = b.host.pools.partialDisks.list();
    assert.deepEqual(kept.map(({ disk }) => disk).sort(), ["data", "root"]);
    assert.ok(kept.every(({ expiresAt, keptAt }) => expiresAt > keptAt));
    assert.equal(await b.host.pools.reservations.outstanding(dirname(apart.path(b, "x"))), 0);
  });

  test("an attempt that is held ends when it is called off, though what it goes on from was discarded meanwhile", async () => {
    const point = "source:storage-mirror:inside";
    a.faults.arm(point, "hang");
    const struck = a.faults.struck(point);
    const id = await move({ withStorage: true, resume: true });
    await struck;
    const { pools } = b.host;
    for (const partial of pools.partialDisks.list()) await removePartialDisk(pools, partial);
    await a.migrations.cancel(id);
    assert.equal((await a.over(id)).state, "cancelled");
    a.faults.arm("source:memory-precopy:inside", "fail");
    assert.equal(
      (await a.over(await move({ withStorage: true, keepPartial: true }))).state,
      "failed",
    );
    const kept = pools.partialDisks.list().map(({ disk }) => disk);
    assert.deepEqual(kept.sort(), ["data", "root"]);
  });

  test("another attempt that gets less far leaves the first one's disks", async () => {
    const before = await apart.files(b);
    b.faults.arm("target:storage-mirror:inside", "fail");
    const record = await a.over(await move({ withStorage: true, resume: true }));
    assert.equal(record.state, "failed");
    assert.deepEqual(await apart.files(b), before);
  });

  test("goes on after the guest has changed some of it: what is the same does not cross again", async () => {
    await guestWrites("root", "write -P 3 4M 1M");
    await guestWrites("root", "discard 208M 4M");
    await guestWrites("data", "discard 40M 2M");
    await a.host.vms.pause("web01");
    const [root, data] = ["root.qcow2", "data.raw"].map((file) => join(directory.path, file));
    assert.ok(root !== undefined && data !== undefined);
    await copyFile(apart.path(a, "root.qcow2"), root);
    await copyFile(apart.path(a, "data.raw"), data);
    await a.host.vms.resume("web01");
    const record = await a.over(await move({ withStorage: true, resume: true }));
    assert.equal(record.error, null);
    for (const disk of record.disks) {
      const { resumedBytes = 0, wireBytes = Infinity } = disk;
      assert.ok(resumedBytes >= 10 * MiB, `${disk.name}: ${resumedBytes} bytes resumed`);
      assert.ok(wireBytes < 4 * MiB, `${disk.name}: ${wireBytes} bytes crossed`);
    }
    assert.ok(await sameContent("qcow2", root, apart.path(b, "root.qcow2")));
    assert.ok(await sameContent("raw", data, apart.path(b, "data.raw")));
    assert.deepEqual(await apart.files(b), [
      ".ferry-lock-data.raw",
      ".ferry-lock-root.qcow2",
      "data.raw",
      "root.qcow2",
    ]);
    assert.deepEqual(b.host.pools.partialDisks.list(), []);
  });
});

async function openWay(directory: string): Promise<void> {
  const { mode } = await stat(directory);
  await chmod(directory, (mode & 0o7777) | 0o011);
}

/** The TCP sockets that a process has open. */
async function tcpSockets(pid: number): Promise<string[]> {
  const names = await readdir(`/proc/${pid}/fd`);
  const links = await Promise.all(
    names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => "")),
  );
  const tables = await Promise.all(
    ["tcp", "tcp6"].map((name) => readFile(`/proc/${pid}/net/${name}`, "utf8").catch(() => "")),
  );
  const inodes = new Set(
    tables.flatMap((table) => table.split("\n").map((line) => line.trim().split(/\s+/)[9])),
  );
  return links.filter((link) => inodes.has(/^socket:\[(\d+)\]$/.exec(link)?.[1] ?? "none"));
}
