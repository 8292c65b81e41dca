import assert from "node:assert/strict";
import { chmod, chown, mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { ErrorCode } from "../../src/base/errors.ts";
import { canBecomeOthers, isFerryError, smallVm, TestHost, testDirectory } from "./host.ts";

test("every bad draft is one clear error and leaves neither VM nor file", async () => {
  await using directory = await testDirectory();
  await using host = await TestHost.make("a", directory.path);
  const pool = join(directory.path, "pool");
  await mkdir(pool, { mode: 0o711 });
  await host.pools.add("disks", pool);
  await symlink("/etc/passwd", join(pool, "link.raw"));
  await writeFile(join(directory.path, "not-an-image"), "text");
  const before = await readdir(pool);
  const good = { pool: "disks", sizeBytes: 1024 * 1024 };
  const cases: readonly [string, object, ErrorCode][] = [
    ["name that leaves the directory", { name: "../x" }, "bad-input"],
    ["memory 0", { memoryMib: 0 }, "bad-input"],
    ["no vCPU", { cpus: 0 }, "bad-input"],
    ["too many vCPUs", { topology: { sockets: 64, cores: 256, threads: 8 } }, "bad-input"],
    ["unknown property", { memroy: 1 }, "bad-input"],
    ["unknown pool", { disks: [good, { pool: "none", sizeBytes: 1024 * 1024 }] }, "not-found"],
    [
      "file that leaves the pool",
      { disks: [{ pool: "disks", file: "../../etc/passwd" }] },
      "bad-input",
    ],
    ["file that is a link", { disks: [good, { pool: "disks", file: "link.raw" }] }, "bad-input"],
    [
      "file that is not there",
      { disks: [good, { pool: "disks", file: "absent.raw" }] },
      "not-found",
    ],
    [
      "import that is not there",
      { disks: [good, { pool: "disks", import: { path: "/absent" } }] },
      "not-found",
    ],
    [
      "import of a directory",
      { disks: [{ pool: "disks", import: { path: "/etc" } }] },
      "bad-input",
    ],
    [
      "two disks, one file",
      {
        disks: [
          { ...good, file: "a.raw" },
          { ...good, file: "a.raw" },
        ],
      },
      "bad-input",
    ],
    ["unknown switch", { nics: [{ switch: "none" }] }, "not-found"],
    ["boot from nothing", { bootOrder: ["disk7"] }, "bad-input"],
    [
      "too many on SATA",
      { disks: Array.from({ length: 7 }, () => ({ ...good, bus: "sata" })) },
      "unsupported",
    ],
    ["unknown machine", { machineType: "pc-q35-99.0" }, "unsupported"],
    ["CPU that emulation lacks", { cpuModel: "x86-64-v4" }, "unsupported"],
    [
      "kernel that is not there",
      { kernelBoot: { kernel: { pool: "disks", file: "vmlinuz" }, initrd: null, commandLine: "" } },
      "not-found",
    ],
  ];
  for (const [what, change, code] of cases) {
    await assert.rejects(host.vms.create({ ...smallVm, ...change }), isFerryError(code), what);
    assert.deepEqual([host.vms.list(), await readdir(pool)], [[], before], what);
  }
});

test("a name and a disk can be taken only once", async () => {
  await using directory = await testDirectory();
  await using host = await TestHost.make("a", directory.path);
  const pool = join(directory.path, "pool");
  await mkdir(pool, { mode: 0o711 });
  await host.pools.add("disks", pool);
  await host.vms.create({ ...smallVm, disks: [{ pool: "disks", sizeBytes: 1024 * 1024 }] });
  const disk = { pool: "disks", file: "small-disk0.qcow2" };
  await assert.rejects(host.vms.create(smallVm), isFerryError("already-exists"));
  await assert.rejects(
    host.vms.create({ ...smallVm, name: "other", disks: [disk] }),
    isFerryError("in-use"),
  );
  await assert.rejects(
    host.vms.create({ ...smallVm, name: "other", disks: [{ ...disk, sizeBytes: 1024 * 1024 }] }),
    isFerryError("in-use"),
  );
});

test("a CPU model that QEMU does not know fails the start with QEMU's words, and leaves nothing", async () => {
  await using directory = await testDirectory();
  await using host = await TestHost.make("a", directory.path);
  await host.vms.create({ ...smallVm, cpuModel: "i386-dx" });
  await assert.rejects(host.vms.start("small"), /unable to find CPU model/);
  assert.equal(host.vms.get("small").state, "stopped");
  assert.deepEqual(await host.traces(), []);
});

test("a disk that QEMU's user may not open fails the start by its name, with the remedy", async (t) => {
  if (!canBecomeOthers()) return t.skip("every QEMU runs as the agent's own user here");
  await using directory = await testDirectory();
  await using host = await TestHost.make("a", directory.path);
  const pool = join(directory.path, "pool");
  await mkdir(pool, { mode: 0o711 });
  await host.pools.add("disks", pool);
  await host.vms.create({ ...smallVm, disks: [{ pool: "disks", sizeBytes: 1024 * 1024 }] });
  const disk = join(pool, host.vms.get("small").definition.disks[0]?.file ?? "");
  await chown(disk, 0, 0);
  for (const [mode, refusal] of [
    [0o600, /Cannot read disk ".*small-disk0.qcow2": QEMU's user \d+:\d+ may not/],
    [0o644, /QEMU's user \d+:\d+ may not open ".*small-disk0.qcow2" \(write\)/],
  ] as const) {
    await chmod(disk, mode);
    await assert.rejects(host.vms.start("small"), (error) => {
      assert.match(String(error), refusal);
      return isFerryError("system-refused")(error);
    });
  }
  assert.equal(host.vms.get("small").state, "stopped");
  assert.deepEqual(await host.traces(), []);
});
