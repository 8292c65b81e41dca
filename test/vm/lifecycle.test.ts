import assert from "node:assert/strict";
import { access, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { isFerryError, smallVm, TestHost, testDirectory } from "./host.ts";

test("a VM starts, pauses, resumes, restarts and stops, and its deletion leaves nothing", async () => {
  await using directory = await testDirectory();
  await using host = await TestHost.make("a", directory.path);
  await mkdir(join(directory.path, "pool"), { mode: 0o711 });
  await host.pools.add("disks", join(directory.path, "pool"));
  const disks = [{ pool: "disks", sizeBytes: 16 * 1024 * 1024 }];

  const made = await host.vms.create({ ...smallVm, disks });
  assert.equal(made.state, "stopped");
  assert.deepEqual(await host.traces(), []);

  assert.equal((await host.vms.start("small")).state, "running");
  const process = host.vms.process(made.definition.id);
  assert.ok(process !== undefined);
  assert.equal((await host.vms.pause("small")).state, "paused");
  assert.equal((await host.vms.resume("small")).state, "running");
  assert.equal((await host.vms.restart("small")).state, "running");
  assert.equal((await host.vms.powerOff("small")).state, "stopped");
  await process.exited;
  assert.deepEqual(await host.traces(), []);

  await host.vms.delete("small", { disks: "delete" });
  assert.deepEqual(host.vms.list(), []);
  assert.deepEqual(await readdir(join(directory.path, "pool")), [".ferry-pool"]);
});

test("a VM outlives its agent, and the next agent takes it over", async () => {
  await using directory = await testDirectory();
  await using host = await TestHost.make("a", directory.path);
  const { definition } = await host.vms.create(smallVm);
  await host.vms.start("small");
  const before = host.vms.process(definition.id);

  await host.restartAgent();

  const after = host.vms.process(definition.id);
  assert.equal(host.vms.get("small").state, "running");
  assert.equal(after?.pid, before?.pid);
  assert.equal((await host.vms.pause("small")).state, "paused");
  await host.vms.powerOff("small");
  assert.deepEqual(await host.traces(), []);
});

test("a QEMU that dies unasked makes its VM crashed, and the VM can be started again", async () => {
  await using directory = await testDirectory();
  await using host = await TestHost.make("a", directory.path);
  const { definition } = await host.vms.create(smallVm);
  await host.vms.start("small");
  const crashed = new Promise<void>((resolve) => {
    host.vms.onChange(({ record }) => {
      if (record?.state === "crashed") resolve();
    });
  });
  const vm = host.vms.process(definition.id);
  assert.ok(vm !== undefined);
  process.kill(vm.pid, "SIGKILL");
  await crashed;
  assert.equal((await host.vms.start("small")).state, "running");
});

test("a guest with firmware UEFI keeps its variables in a file of its own until it is deleted", async () => {
  await using directory = await testDirectory();
  await using host = await TestHost.make("a", directory.path);
  const { definition } = await host.vms.create({ ...smallVm, memoryMib: 128, firmware: "uefi" });
  await host.vms.start("small");
  await host.vms.powerOff("small");
  await access(join(host.paths.state, "vms", definition.id, "efi-variables.fd"));
  await host.vms.delete("small", { disks: "keep" });
  assert.deepEqual(await host.traces(), []);
});

test("requests that a VM's state does not allow are refused with a remedy", async () => {
  await using directory = await testDirectory();
  await using host = await TestHost.make("a", directory.path);
  await host.vms.create(smallVm);
  await assert.rejects(host.vms.pause("small"), isFerryError("conflict"));
  await host.vms.start("small");
  await assert.rejects(host.vms.start("small"), isFerryError("conflict"));
  await assert.rejects(host.vms.delete("small", { disks: "delete" }), isFerryError("conflict"));
});

test("while a migration holds a VM nothing else changes it", async () => {
  await using directory = await testDirectory();
  await using host = await TestHost.make("a", directory.path);
  const { definition } = await host.vms.create(smallVm);
  assert.throws(() => host.vms.claimForMigration(definition.id, "m1"), isFerryError("conflict"));
  await host.vms.start("small");
  host.vms.claimForMigration(definition.id, "m1");
  await assert.rejects(host.vms.pause("small"), isFerryError("busy"));
  await assert.rejects(host.vms.powerOff("small"), isFerryError("busy"));
  assert.throws(() => host.vms.claimForMigration(definition.id, "m2"), isFerryError("busy"));
  host.vms.releaseFromMigration(definition.id);
  assert.equal((await host.vms.pause("small")).state, "paused");
});

test("a guest that switches itself off leaves a stopped VM, and none of its running", async () => {
  await using directory = await testDirectory();
  await using host = await TestHost.make("a", directory.path);
  const pool = join(directory.path, "pool");
  await mkdir(pool, { mode: 0o711 });
  await host.pools.add("disks", pool);
  await writeFile(join(pool, "off.raw"), selfStoppingDisk());
  const stopped = new Promise<void>((resolve) => {
    host.vms.onChange(({ record }) => {
      if (seenRunning && record?.state === "stopped") resolve();
      seenRunning ||= record?.state === "running";
    });
  });
  let seenRunning = false;
  await host.vms.create({ ...smallVm, disks: [{ pool: "disks", file: "off.raw" }] });
  await host.vms.start("small");
  await stopped;
  assert.equal(host.vms.get("small").state, "stopped");
  assert.deepEqual(await host.traces(), []);
});

test("a guest that does not listen to ACPI loses its power after the time it was given", async () => {
  await using directory = await testDirectory();
  await using host = await TestHost.make("a", directory.path);
  await host.vms.create(smallVm);
  await host.vms.start("small");
  assert.equal((await host.vms.shutdown("small", { timeoutMs: 50 })).state, "stopped");
  assert.deepEqual(await host.traces(), []);
});

/** A boot sector that writes "sleep, S5" to the q35's power management port. */
function selfStoppingDisk(): Buffer {
  const disk = Buffer.alloc(1024 * 1024);
  // mov dx, 0x604; mov ax, 0x2000; out dx, ax; hlt
  Buffer.from([0xba, 0x04, 0x06, 0xb8, 0x00, 0x20, 0xef, 0xf4]).copy(disk);
  disk.writeUInt16LE(0xaa55, 510);
  return disk;
}
