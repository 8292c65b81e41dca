import assert from "node:assert/strict";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { ErrorCode } from "../../src/base/errors.ts";
import type { Qmp } from "../../src/qemu/qmp.ts";
import { readDiskLock } from "../../src/storage/disk-lock.ts";
import type { QemuSettings } from "../../src/qemu/settings.ts";
import type { VmDefinition } from "../../src/vm/definition.ts";
import type { VmDraft } from "../../src/vm/draft.ts";
import { becomeOwner, markHandedOver } from "../../src/vm/registry.ts";
import { isFerryError, smallVm, TestHost, testDirectory } from "./host.ts";

/** Two hosts and a pool that both reach. */
async function twoHosts(
  directory: string,
  targetQemu: Partial<QemuSettings> = {},
): Promise<{ source: TestHost; target: TestHost; pool: string }> {
  const pool = join(directory, "pool");
  await mkdir(pool, { mode: 0o711 });
  const source = await TestHost.make("a", directory);
  const target = await TestHost.make("b", directory, targetQemu);
  await source.pools.add("shared", pool);
  await target.pools.add("shared", pool);
  return { source, target, pool };
}

const movingVm: VmDraft = {
  ...smallVm,
  vnc: true,
  disks: [
    { pool: "shared", sizeBytes: 16 * 1024 * 1024 },
    { pool: "shared", sizeBytes: 16 * 1024 * 1024, format: "raw", bus: "scsi" },
    { pool: "shared", sizeBytes: 16 * 1024 * 1024, bus: "sata", cache: "writeback" },
  ],
  iso: null,
};

/** Carries the state over a unix socket between the two QEMUs, as the session does over the network. */
async function carryState(source: Qmp, target: Qmp, socket: string): Promise<void> {
  for (const qmp of [source, target]) {
    await qmp.execute("migrate-set-capabilities", {
      capabilities: [{ capability: "events", state: true }],
    });
  }
  const loaded = target.waitFor(
    ({ event, data }) => event === "MIGRATION" && isFinal(data["status"]),
  );
  const sent = source.waitFor(
    ({ event, data }) => event === "MIGRATION" && isFinal(data["status"]),
  );
  await target.execute("migrate-incoming", { uri: `unix:${socket}` });
  await source.execute("migrate", { uri: `unix:${socket}` });
  assert.deepEqual(
    [(await sent).data, (await loaded).data],
    [{ status: "completed" }, { status: "completed" }],
  );
}

const isFinal = (status: unknown) => status === "completed" || status === "failed";

test("the target builds the same machine, becomes its owner, and the source forgets it but for its disks", async () => {
  await using directory = await testDirectory();
  const { source, target, pool } = await twoHosts(directory.path);
  await using _source = source;
  await using _target = target;
  const { definition, generation } = await source.vms.create(movingVm);
  await source.vms.start("small");
  const from = source.vms.process(definition.id);
  assert.ok(from !== undefined);
  source.vms.claimForMigration(definition.id, "m1");

  const to = await target.vms.prepareIncoming(definition, generation, "m1");
  assert.equal(target.vms.get("small").state, "incoming");
  await assert.rejects(target.vms.resumeOwned(definition.id), isFerryError("conflict"));
  await carryState(from.qmp, to.qmp, join(to.directory, "memory.sock"));

  markHandedOver(source.database, definition.id, generation + 1);
  source.vms.refresh(definition.id);
  await assert.rejects(source.vms.resumeOwned(definition.id), isFerryError("conflict"));
  becomeOwner(target.database, definition.id, generation + 1);
  target.vms.refresh(definition.id);
  await target.vms.resumeOwned(definition.id);
  target.vms.releaseFromMigration(definition.id);
  await source.vms.removeAfterHandover(definition.id);
  await source.vms.removeAfterHandover(definition.id);

  const moved = target.vms.get("small");
  assert.deepEqual(
    [moved.state, moved.generation, moved.migration],
    ["running", generation + 1, null],
  );
  assert.deepEqual([source.vms.list(), await source.traces()], [[], []]);

  await target.vms[Symbol.asyncDispose]();
  await target.restartAgent();
  const lock = await readDiskLock(join(pool, "small-disk0.qcow2"));
  assert.deepEqual([lock?.host, lock?.generation], ["b", generation + 1]);
  await target.vms.powerOff("small");
  await target.vms.delete("small", { disks: "delete" });
  assert.deepEqual(await readdir(pool), [".ferry-pool"]);
});

test("a discarded skeleton leaves nothing, also after the target's agent was restarted", async () => {
  await using directory = await testDirectory();
  const { source, target } = await twoHosts(directory.path);
  await using _source = source;
  await using _target = target;
  const { definition, generation } = await source.vms.create(movingVm);
  await source.vms.start("small");
  const skeleton = await target.vms.prepareIncoming(definition, generation, "m1");

  await target.restartAgent();
  assert.equal(target.vms.get("small").state, "incoming");
  await target.vms.discardIncoming(definition.id);
  await target.vms.discardIncoming(definition.id);

  await skeleton.exited;
  assert.deepEqual([target.vms.list(), await target.traces()], [[], []]);
  assert.equal(source.vms.get("small").state, "running");
});

test("what the target lacks is said before anything is made there", async () => {
  await using directory = await testDirectory();
  const { source, target } = await twoHosts(directory.path);
  await using _source = source;
  await using _target = target;
  const { definition } = await source.vms.create(movingVm);
  const [disk] = definition.disks;
  assert.ok(disk !== undefined);
  const nic = {
    name: "nic0",
    switch: "lan",
    vlan: null,
    mac: "52:54:00:00:00:01",
    model: "virtio",
  } as const;
  const cases: readonly [VmDefinition, ErrorCode][] = [
    [{ ...definition, disks: [{ ...disk, pool: "other" }] }, "not-found"],
    [{ ...definition, disks: [{ ...disk, file: "absent.qcow2" }] }, "not-found"],
    [{ ...definition, nics: [nic] }, "not-found"],
    [{ ...definition, machine: { ...definition.machine, type: "pc-q35-99.0" } }, "unsupported"],
    [{ ...definition, memory: { mib: 16_777_216 } }, "no-space"],
    [{ ...definition, name: "../small" }, "bad-input"],
    [{ ...definition, version: 2 as 1 }, "unsupported"],
  ];
  for (const [bad, code] of cases) {
    await assert.rejects(target.vms.prepareIncoming(bad, 1, "m1"), isFerryError(code));
  }
  assert.deepEqual([target.vms.list(), await target.traces()], [[], []]);
});

test("a disk that another host's VM holds starts no second VM", async () => {
  await using directory = await testDirectory();
  const { source, target } = await twoHosts(directory.path);
  await using _source = source;
  await using _target = target;
  await source.vms.create({ ...smallVm, disks: [{ pool: "shared", sizeBytes: 1024 * 1024 }] });
  await source.vms.start("small");
  await target.vms.create({
    ...smallVm,
    name: "thief",
    disks: [{ pool: "shared", file: "small-disk0.qcow2" }],
  });
  await assert.rejects(target.vms.start("thief"), isFerryError("in-use"));
  assert.equal(target.vms.get("thief").state, "stopped");
  assert.deepEqual(await target.traces(), []);
});

/** A second QEMU, such as Debian's backport unpacked somewhere: FERRY_TEST_OTHER_QEMU names its binary. */
const otherQemu = process.env["FERRY_TEST_OTHER_QEMU"];

test("a newer QEMU builds the same machine, and gives it back", {
  skip: otherQemu === undefined ? "FERRY_TEST_OTHER_QEMU names no second QEMU" : false,
}, async () => {
  await using directory = await testDirectory();
  const { source, target } = await twoHosts(directory.path, { binary: otherQemu ?? "" });
  await using _source = source;
  await using _target = target;
  const { definition } = await source.vms.create(movingVm);
  await source.vms.start("small");
  for (const [from, to] of [
    [source, target],
    [target, source],
  ] as const) {
    const { generation } = from.vms.get("small");
    const sending = from.vms.process(definition.id);
    assert.ok(sending !== undefined);
    const receiving = await to.vms.prepareIncoming(definition, generation, "m1");
    assert.notEqual(sending.qemuVersion, receiving.qemuVersion);
    await carryState(sending.qmp, receiving.qmp, join(receiving.directory, "memory.sock"));
    markHandedOver(from.database, definition.id, generation + 1);
    becomeOwner(to.database, definition.id, generation + 1);
    from.vms.refresh(definition.id);
    to.vms.refresh(definition.id);
    await to.vms.resumeOwned(definition.id);
    to.vms.releaseFromMigration(definition.id);
    await from.vms.removeAfterHandover(definition.id);
    assert.equal(to.vms.get("small").state, "running");
  }
});
