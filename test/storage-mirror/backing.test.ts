/**
 * Disks that stand on a base image: made, used, and moved with and without the base on the target. Real QEMUs and images; the
 * guest is firmware, the contents are qemu-io's.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { promisify } from "node:util";
import type { MigrationRecord } from "../../src/migration/record.ts";
import { imageInfo } from "../../src/storage/images.ts";
import { isFerryError, testDirectory } from "../vm/host.ts";
import { type Apart, allocatedBytes, hostsApart, qemuIo, sameContent } from "./apart.ts";

const run = promisify(execFile);
const MiB = 1 << 20;
const base = { pool: "local", file: "base.qcow2" };
const root = "root.qcow2";
const tool = { program: "qemu-img", user: null };
let directory: Awaited<ReturnType<typeof testDirectory>>;
let apart: Apart;

beforeEach(async () => {
  directory = await testDirectory();
  apart = await hostsApart(directory.path);
  const path = apart.path(apart.a, base.file);
  await run("qemu-img", ["create", "-q", "-f", "qcow2", path, String(512 * MiB)]);
  await qemuIo("qcow2", path, "write -P 7 0 32M", "write -P 8 200M 8M");
});

afterEach(async () => {
  await apart?.a[Symbol.asyncDispose]();
  await apart?.b[Symbol.asyncDispose]();
  await directory?.[Symbol.asyncDispose]();
});

/** A running VM whose disk hides a part of its base, with zeroes too, and has more of its own. */
async function start(): Promise<void> {
  const { a } = apart;
  const disks = [{ name: "root", pool: "local", file: root, base: { file: base.file } }];
  await a.host.vms.create({ name: "web01", memoryMib: 32, vnc: false, disks });
  const path = apart.path(a, root);
  await qemuIo(
    "qcow2",
    path,
    "write -P 9 1M 2M",
    "write -z 8M 4M",
    "discard 20M 1M",
    "write -P 5 400M 1M",
  );
  await a.host.vms.start("web01");
}

/** What the guest sees now, as a whole image. */
async function seen(): Promise<string> {
  const path = join(directory.path, "seen.qcow2");
  const from = apart.path(apart.a, root);
  // The owner's QEMU lets nobody else read the image itself; beside it a copy finds the same base.
  const taken = `${from}.look`;
  await copyFile(from, taken);
  await run("qemu-img", ["convert", "-f", "qcow2", "-O", "qcow2", taken, path]);
  await rm(taken);
  return path;
}

/** `onBase`: the checks found a file of the base's name and size on the target. */
async function move(onBase: boolean): Promise<MigrationRecord> {
  const { a, b } = apart;
  const placement = {
    ...{ name: "root", pool: "local", targetPool: "local", virtualBytes: 512 * MiB },
    allocatedBytes: await allocatedBytes(apart.path(a, root)),
    ...(onBase && { backing: [{ ...base, format: "qcow2" as const }] }),
  };
  const request = { vm: "web01", target: b.name, options: {}, requestedBy: "test" };
  return a.over(a.migrations.start({ ...request, disks: [placement] }).id);
}

const definitionThere = () => apart.b.host.vms.get("web01").definition.disks[0];

test("where the target has the same base, only what the disk changed is copied, and the base is left alone", async () => {
  const { a, b } = apart;
  await start();
  await copyFile(apart.path(a, base.file), apart.path(b, base.file));
  const before = await seen();
  const record = await move(true);
  assert.equal(record.error, null);
  assert.ok(await sameContent("qcow2", before, apart.path(b, root)));
  assert.ok(record.diskBytes < 16 * MiB, `${record.diskBytes} bytes copied`);
  assert.ok((await allocatedBytes(apart.path(b, root))) < 8 * MiB);
  assert.deepEqual(definitionThere()?.backing, [{ ...base, format: "qcow2" }]);
  assert.equal((await imageInfo(tool, apart.path(b, root), "qcow2")).backingFile, base.file);
  assert.deepEqual(await apart.files(a), [base.file]);
  await b.host.vms.powerOff("web01");
  await b.host.vms.start("web01");
});

test("a base that only looks the same is found out, and the disk is made whole", async () => {
  const { a, b } = apart;
  await start();
  await copyFile(apart.path(a, base.file), apart.path(b, base.file));
  await qemuIo("qcow2", apart.path(b, base.file), "write -P 66 10M 64k");
  const before = await seen();
  const record = await move(true);
  assert.equal(record.error, null);
  assert.ok(await sameContent("qcow2", before, apart.path(b, root)));
  assert.equal(definitionThere()?.backing, undefined);
  assert.equal((await imageInfo(tool, apart.path(b, root), "qcow2")).backingFile, null);
});

test("without a base there the disk arrives whole, and its holes are holes", async () => {
  const { b } = apart;
  await start();
  const before = await seen();
  const record = await move(false);
  assert.equal(record.error, null);
  assert.ok(await sameContent("qcow2", before, apart.path(b, root)));
  assert.ok((await allocatedBytes(apart.path(b, root))) < 48 * MiB);
  assert.ok(!(await apart.files(b)).includes(base.file));
});

test("a move that fails leaves the base on the target and nothing else", async () => {
  const { a, b } = apart;
  await start();
  await copyFile(apart.path(a, base.file), apart.path(b, base.file));
  a.faults.arm("source:storage-mirror:after", "fail");
  assert.equal((await move(true)).state, "failed");
  assert.deepEqual(await apart.files(b), [base.file]);
  assert.equal(a.host.vms.get("web01").state, "running");
});

test("moved to another pool of its host, running and stopped, a disk takes in what it stands on", async () => {
  const { a } = apart;
  await start();
  const before = await seen();
  for (const pool of ["fast", "slow"]) {
    await mkdir(join(directory.path, pool), { mode: 0o777 });
    await a.host.pools.add(pool, join(directory.path, pool));
  }
  await a.host.vms.storageMoving.run("web01", { pool: "fast" });
  assert.ok(await sameContent("qcow2", before, join(directory.path, "fast", root)));
  assert.equal(a.host.vms.get("web01").definition.disks[0]?.backing, undefined);
  await a.host.vms.powerOff("web01");
  await a.host.vms.storageMoving.run("web01", { pool: "slow" });
  assert.ok(await sameContent("qcow2", before, join(directory.path, "slow", root)));
  await a.host.vms.start("web01");
});

test("images in pools are used with what their headers name; others, and shared writing, are refused", async () => {
  const { a } = apart;
  const { vms } = a.host;
  await start();
  const outside = join(directory.path, "secret.raw");
  await writeFile(outside, Buffer.alloc(MiB));
  const overlay = (name: string, on: string, format: string) =>
    run("qemu-img", ["create", "-q", "-f", "qcow2", "-b", on, "-F", format, apart.path(a, name)]);
  await overlay("second.qcow2", apart.path(a, base.file), "qcow2");
  await overlay("third.qcow2", "second.qcow2", "qcow2");
  await overlay("evil.qcow2", outside, "raw");
  const draft = (disk: object) => ({
    ...{ name: "db01", memoryMib: 32, vnc: false },
    disks: [{ name: "root", pool: "local", ...disk }],
  });
  const refused = (disk: object, code: Parameters<typeof isFerryError>[0]) =>
    assert.rejects(vms.create(draft(disk)), isFerryError(code));
  await refused({ file: "evil.qcow2" }, "unsupported");
  await refused(
    { file: "new.qcow2", import: { path: apart.path(a, "evil.qcow2") } },
    "unsupported",
  );
  await refused({ file: base.file }, "in-use");
  await refused({ base: { file: root } }, "in-use");
  await refused({ base: { file: base.file }, sizeBytes: 2 * MiB }, "bad-input");
  await refused({ base: { file: base.file }, format: "raw" }, "bad-input");
  await refused({ base: { file: "none.qcow2" } }, "not-found");
  const { definition } = await vms.create(draft({ file: "third.qcow2" }));
  const chain = definition.disks[0]?.backing?.map(({ file }) => file);
  assert.deepEqual(chain, ["second.qcow2", base.file]);
  await vms.start("db01");
  await vms.powerOff("db01");
  await run("qemu-img", ["rebase", "-u", "-b", outside, "-F", "raw", apart.path(a, "third.qcow2")]);
  await assert.rejects(vms.start("db01"), isFerryError("unsupported"));
  await vms.delete("db01", { disks: "delete" });
  assert.ok((await apart.files(a)).includes("second.qcow2"));
  await vms.create(draft({ file: "whole.qcow2", import: { path: apart.path(a, "second.qcow2") } }));
  assert.ok(await sameContent("qcow2", apart.path(a, base.file), apart.path(a, "whole.qcow2")));
});
