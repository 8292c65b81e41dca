/** A VM moves with its disks between two hosts that share nothing, over real QEMUs: a guest of firmware only. */
import assert from "node:assert/strict";
import { copyFile, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { stageNames } from "../../src/migration/plan.ts";
import type { MigrationRecord } from "../../src/migration/record.ts";
import { queryMirrors } from "../../src/qemu/mirror.ts";
import type { VmDraft } from "../../src/vm/draft.ts";
import type { MovingHost } from "../migration/two-hosts.ts";
import { testDirectory } from "../vm/host.ts";
import { type Apart, allocatedBytes, hostsApart, placeAll, qemuIo, sameContent } from "./apart.ts";

const MiB = 1 << 20;
const disks = [
  { name: "root", pool: "local", file: "root.qcow2", format: "qcow2", sizeBytes: 2048 * MiB },
  { name: "data", pool: "local", file: "data.raw", format: "raw", sizeBytes: 64 * MiB },
] satisfies VmDraft["disks"];
const draft: VmDraft = { name: "web01", memoryMib: 64, vnc: false, disks };

/** backing.test.ts has the one after the stage. */
const failurePoints = [
  "source:storage-mirror:inside",
  "target:storage-mirror:inside",
  "source:memory-precopy:inside",
  "source:modified-pages:inside",
  "target:modified-pages:inside",
  "source:storage-handover:inside",
  "target:storage-handover:inside",
];

describe("a move between two hosts that share nothing", { concurrency: false }, () => {
  let directory: Awaited<ReturnType<typeof testDirectory>>;
  let apart: Apart;
  let a: MovingHost;
  let b: MovingHost;

  before(async () => {
    directory = await testDirectory();
    apart = await hostsApart(directory.path);
    ({ a, b } = apart);
    await a.host.vms.create(draft);
    const root = apart.path(a, "root.qcow2");
    await qemuIo("qcow2", root, "write -P 7 0 24M", "write -z 100M 50M", "write -P 9 1900M 8M");
    await qemuIo("raw", apart.path(a, "data.raw"), "write -P 5 32M 1M");
    await a.host.vms.start("web01");
  });

  after(async () => {
    await a?.[Symbol.asyncDispose]();
    await b?.[Symbol.asyncDispose]();
    await directory?.[Symbol.asyncDispose]();
  });

  async function move(
    from: MovingHost,
    to: MovingHost,
    options: MigrationRecord["options"] = {},
  ): Promise<string> {
    const placements = await placeAll(apart, from, "web01");
    const request = { vm: "web01", target: to.name, requestedBy: "test", disks: placements };
    return from.migrations.start({ ...request, options }).id;
  }

  async function runsOnlyOn(here: MovingHost, there: MovingHost): Promise<void> {
    assert.equal(here.host.vms.get("web01").state, "running");
    assert.equal(here.host.vms.get("web01").migration, null);
    assert.equal(there.host.vms.find("web01"), undefined);
    assert.deepEqual(await there.host.traces(), []);
    assert.deepEqual(await apart.files(there), []);
  }

  test("takes the disks along: same content, holes are holes, nothing is left behind", async () => {
    const before = {
      root: join(directory.path, "before.qcow2"),
      data: join(directory.path, "before.raw"),
    };
    await a.host.vms.pause("web01");
    await copyFile(apart.path(a, "root.qcow2"), before.root);
    await copyFile(apart.path(a, "data.raw"), before.data);
    await a.host.vms.resume("web01");
    const record = await a.over(await move(a, b));
    assert.equal(record.error, null);
    assert.equal(record.state, "completed");
    assert.deepEqual(
      record.stages.map(({ name }) => name),
      stageNames.filter((name) => name !== "memory-postcopy"),
    );
    await runsOnlyOn(b, a);
    assert.ok(await sameContent("qcow2", before.root, apart.path(b, "root.qcow2")));
    assert.ok(await sameContent("raw", before.data, apart.path(b, "data.raw")));
    assert.ok((await allocatedBytes(apart.path(b, "root.qcow2"))) < 40 * MiB);
    assert.ok((await allocatedBytes(apart.path(b, "data.raw"))) < 4 * MiB);
    assert.ok(record.wireBytes < 60 * MiB + 64 * MiB, `${record.wireBytes} bytes on the wire`);
    assert.ok(record.disks.every(({ state }) => state === "mirrored"));
    // Holes are no content, not even those of a raw disk.
    assert.ok(record.diskBytes >= 33 * MiB && record.diskBytes < 36 * MiB, `${record.diskBytes}`);
    assert.ok(record.blackout !== null && record.blackout.disksMs > 0);
  });

  test("goes back again", async () => {
    const record = await b.over(await move(b, a));
    assert.equal(record.error, null);
    await runsOnlyOn(a, b);
  });

  for (const point of failurePoints) {
    test(`leaves the source whole and nothing on the target when it fails at ${point}`, async () => {
      (point.startsWith("source") ? a : b).faults.arm(point, "fail");
      const record = await a.over(await move(a, b));
      assert.equal(record.state, "failed");
      assert.match(record.error?.message ?? "", new RegExp(point));
      await runsOnlyOn(a, b);
      await noMirrorIsLeft();
    });
  }

  test("can be cancelled while disks are copied", async () => {
    const point = "source:storage-mirror:inside";
    a.faults.arm(point, "hang");
    const struck = a.faults.struck(point);
    const id = await move(a, b);
    await struck;
    const record = await a.migrations.cancel(id);
    assert.equal(record.state, "cancelled");
    await runsOnlyOn(a, b);
    await noMirrorIsLeft();
  });

  test("fails when the target's QEMU dies while disks are mirrored, and the guest goes on", async () => {
    const point = "source:memory-precopy:before";
    a.faults.arm(point, "hang");
    const struck = a.faults.struck(point);
    const id = await move(a, b);
    await struck;
    const { id: vm } = a.host.vms.get("web01").definition;
    const skeleton = b.host.vms.process(vm);
    assert.ok(skeleton !== undefined);
    process.kill(skeleton.pid, "SIGKILL");
    await skeleton.exited;
    await a.migrations.cancel(id);
    await runsOnlyOn(a, b);
    await noMirrorIsLeft();
  });

  test("is refused by a target without room, and leaves nothing there", async () => {
    const { freeBytes } = await b.host.pools.space("local");
    // Half of what the disks take: others may write to this file system meanwhile.
    const greedy = apart.path(b, "greedy");
    await b.host.pools.reservations.reserve([{ path: greedy, bytes: freeBytes - 16 * MiB }]);
    const record = await a.over(await move(a, b));
    b.host.pools.reservations.release([greedy]);
    assert.equal(record.error?.code, "no-space");
    await runsOnlyOn(a, b);
  });

  test("does not touch a file of that name on the target", async () => {
    await writeFile(apart.path(b, "root.qcow2"), "precious");
    const record = await a.over(await move(a, b));
    assert.equal(record.error?.code, "already-exists");
    assert.equal(await readFile(apart.path(b, "root.qcow2"), "utf8"), "precious");
    await rm(apart.path(b, "root.qcow2"));
    await runsOnlyOn(a, b);
  });

  test("after all this it moves, and on request keeps the source's disks under another name", async () => {
    const record = await a.over(await move(a, b, { keepSourceDisks: true }));
    assert.equal(record.error, null);
    assert.equal(b.host.vms.get("web01").state, "running");
    const kept = await apart.files(a);
    assert.equal(kept.length, 2);
    assert.match(kept[0] ?? "", /^data\.raw\.moved-to-host-b-\d{8}-\d{6}$/);
    for (const file of kept) await rm(apart.path(a, file));
  });

  /** What a former attempt made would be in the next one's way. */
  async function noMirrorIsLeft(): Promise<void> {
    const { id } = a.host.vms.get("web01").definition;
    const qmp = a.host.vms.process(id)?.qmp;
    assert.ok(qmp !== undefined);
    assert.deepEqual(await queryMirrors(qmp), []);
    const nodes = await qmp.execute<{ drv: string }[]>("query-named-block-nodes", { flat: true });
    assert.ok(!nodes.some(({ drv }) => drv === "nbd"));
  }
});
