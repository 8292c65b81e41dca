/** Disks that move to another pool of their host, with the VM running or stopped. */
import assert from "node:assert/strict";
import { copyFile, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { findDiskNode } from "../../src/qemu/disk-nodes.ts";
import { StorageMoves } from "../../src/vm/storage-moves.ts";
import type { VmDraft } from "../../src/vm/draft.ts";
import { isFerryError, TestHost, testDirectory } from "../vm/host.ts";
import { qemuIo, sameContent } from "./apart.ts";

const MiB = 2 ** 20;
const file = "root.qcow2";
let directory: Awaited<ReturnType<typeof testDirectory>>;
let host: TestHost;

beforeEach(async () => {
  directory = await testDirectory();
  host = await TestHost.make("host-a", directory.path);
  for (const pool of ["slow", "fast"]) {
    await mkdir(join(directory.path, pool), { mode: 0o777 });
    await host.pools.add(pool, join(directory.path, pool));
  }
  const disks = [{ name: "root", pool: "slow", file, sizeBytes: 64 * MiB }];
  await host.vms.create({ name: "web01", memoryMib: 32, vnc: false, disks });
  await qemuIo("qcow2", path("slow"), "write -P 7 3M 5M");
  await copyFile(path("slow"), join(directory.path, "before.qcow2"));
});

afterEach(async () => {
  await host[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

function path(pool: string): string {
  return join(directory.path, pool, file);
}

async function files(pool: string): Promise<string[]> {
  const names = await readdir(join(directory.path, pool));
  return names.filter((name) => name !== ".ferry-pool").sort();
}

async function assertIn(pool: string, other: string): Promise<void> {
  assert.equal(host.vms.get("web01").definition.disks[0]?.pool, pool);
  assert.deepEqual(await files(other), []);
  assert.ok(await sameContent("qcow2", join(directory.path, "before.qcow2"), path(pool)));
}

async function deviceNode(): Promise<string> {
  const qmp = host.vms.process(host.vms.get("web01").definition.id)?.qmp;
  assert.ok(qmp !== undefined);
  return (await findDiskNode(qmp, "root")).node;
}

test("a stopped VM's disk is copied, and the old file is gone", async () => {
  await host.vms.storageMoving.run("web01", { pool: "fast" });
  await assertIn("fast", "slow");
  await host.vms.start("web01");
});

test("a running VM's disk changes over, and back again, and the VM can be restarted from it", async () => {
  await host.vms.start("web01");
  await host.vms.storageMoving.run("web01", { pool: "fast" });
  await assertIn("fast", "slow");
  assert.equal(host.vms.get("web01").state, "running");
  assert.equal(await deviceNode(), "disk0-moved");
  await host.vms.storageMoving.run("web01", { pools: { root: "slow" } });
  await assertIn("slow", "fast");
  assert.equal(await deviceNode(), "disk0");
  await host.vms.powerOff("web01");
  await host.vms.start("web01");
});

test("a pool that is not there, a file in the way and a disk that is there already are refused", async () => {
  await assert.rejects(
    host.vms.storageMoving.run("web01", { pool: "none" }),
    isFerryError("not-found"),
  );
  await assert.rejects(
    host.vms.storageMoving.run("web01", { pool: "slow" }),
    isFerryError("bad-input"),
  );
  await writeFile(path("fast"), "precious");
  await assert.rejects(
    host.vms.storageMoving.run("web01", { pool: "fast" }),
    isFerryError("already-exists"),
  );
  assert.equal(host.vms.get("web01").definition.disks[0]?.pool, "slow");
});

for (const phase of ["copying", "pivoting"] as const) {
  test(`an agent that died while ${phase} leaves the disk whole in one place`, async () => {
    const { id } = host.vms.get("web01").definition;
    await copyFile(path("slow"), path("fast"));
    const moves = new StorageMoves(host.database);
    moves.begin({ vm: id, disk: "root", pool: "slow", targetPool: "fast", node: null, phase });
    await host.restartAgent();
    if (phase === "copying") await assertIn("slow", "fast");
    else await assertIn("fast", "slow");
    assert.deepEqual(moves.of(id), []);
  });
}

test("an agent that died before a running VM changed over takes the copy back", async () => {
  await host.vms.start("web01");
  const { id } = host.vms.get("web01").definition;
  await writeFile(path("fast"), "half a copy");
  const moves = new StorageMoves(host.database);
  const node = "disk0-moved";
  moves.begin({ vm: id, disk: "root", pool: "slow", targetPool: "fast", node, phase: "pivoting" });
  await host.restartAgent();
  await assertIn("slow", "fast");
  assert.deepEqual(moves.of(id), []);
});

test("two disks are moved one after the other, and a cancel leaves the rest where it is", async () => {
  const disks = [
    { name: "root", pool: "slow", file: "two.qcow2", format: "qcow2", sizeBytes: 32 * MiB },
    { name: "data", pool: "slow", file: "data.raw", format: "raw", sizeBytes: 32 * MiB },
  ] satisfies VmDraft["disks"];
  await host.vms.create({ name: "two", memoryMib: 32, vnc: false, disks });
  for (const { format, file: name } of disks) {
    await qemuIo(format, join(directory.path, "slow", name), "write -P 7 0 24M");
  }
  await host.vms.start("two");
  const room = await host.pools.space("fast");
  await host.pools.reservations.reserve([
    { path: join(directory.path, "fast", "greedy"), bytes: room.freeBytes - 28 * MiB },
  ]);
  await assert.rejects(
    host.vms.storageMoving.begin("two", { pool: "fast" }),
    isFerryError("no-space"),
  );
  host.pools.reservations.release([join(directory.path, "fast", "greedy")]);
  const states: string[] = [];
  const ended = Promise.withResolvers<void>();
  host.vms.onChange(({ record }) => {
    const move = record?.storageMove;
    if (record?.definition.name !== "two" || !move) return;
    states.push(move.disks.map(({ state }) => state).join());
    // The first one is there: the other has not begun.
    if (states.at(-1) === "moved,waiting" && move.state === "running") {
      host.vms.storageMoving.cancel("two");
    }
    if (move.endedAt !== null) ended.resolve();
  });
  const begun = await host.vms.storageMoving.begin("two", { pool: "fast" });
  assert.equal(begun.storageMove?.state, "running");
  await ended.promise;
  const { definition, storageMove } = host.vms.get("two");
  assert.equal(storageMove?.state, "cancelled");
  assert.deepEqual(
    storageMove.disks.map(({ state }) => state),
    ["moved", "waiting"],
  );
  assert.deepEqual(
    definition.disks.map(({ pool }) => pool),
    ["fast", "slow"],
  );
  assert.throws(() => host.vms.storageMoving.cancel("two"), isFerryError("not-cancellable"));
  await host.vms.storageMoving.run("two", { pool: "fast" });
  assert.deepEqual(await files("slow"), [file]);
});
