import assert from "node:assert/strict";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { runProgram } from "../../src/base/run-program.ts";
import { imageInfo } from "../../src/storage/images.ts";
import { isFerryError, smallVm, TestHost, testDirectory } from "./host.ts";

const megabyte = 1024 * 1024;

test("qcow2, raw, VHD and VHDX become a disk of the VM with the size they had", async () => {
  await using directory = await testDirectory();
  await using host = await TestHost.make("a", directory.path);
  const pool = join(directory.path, "pool");
  await mkdir(pool, { mode: 0o711 });
  await host.pools.add("disks", pool);
  for (const format of ["qcow2", "raw", "vpc", "vhdx"]) {
    const path = join(directory.path, `old.${format}`);
    await runProgram("qemu-img", ["create", "-q", "-f", format, path, String(32 * megabyte)]);
    const { definition } = await host.vms.create({
      ...smallVm,
      name: `from-${format}`,
      disks: [{ pool: "disks", import: { path } }],
    });
    const [disk] = definition.disks;
    const info = await imageInfo({ program: "qemu-img", user: null }, join(pool, disk?.file ?? ""));
    assert.equal(info.format, "qcow2", format);
    // A VHD's size is whole cylinders of its geometry.
    assert.ok(Math.abs(info.virtualBytes - 32 * megabyte) < megabyte, format);
  }
});

test("an image that stands on a file in no pool is neither imported nor used", async () => {
  await using directory = await testDirectory();
  await using host = await TestHost.make("a", directory.path);
  const pool = join(directory.path, "pool");
  await mkdir(pool, { mode: 0o711 });
  await host.pools.add("disks", pool);
  await runProgram("qemu-img", [
    "create",
    "-q",
    "-f",
    "raw",
    join(directory.path, "base.raw"),
    "1M",
  ]);
  const overlay = join(pool, "overlay.qcow2");
  await runProgram("qemu-img", [
    "create",
    "-q",
    "-f",
    "qcow2",
    "-F",
    "raw",
    "-b",
    "../base.raw",
    overlay,
  ]);
  const before = await readdir(pool);
  for (const disk of [
    { pool: "disks", import: { path: overlay } },
    { pool: "disks", file: "overlay.qcow2" },
  ]) {
    await assert.rejects(
      host.vms.create({ ...smallVm, disks: [disk] }),
      isFerryError("unsupported"),
    );
  }
  assert.deepEqual([host.vms.list(), await readdir(pool)], [[], before]);
});
