/** The engine over real QEMUs: a guest of firmware only, on a disk in a shared pool. */
import assert from "node:assert/strict";
import { open } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { describeStage, type StageName, stageNames } from "../../src/migration/plan.ts";
import type { MigrationRecord } from "../../src/migration/record.ts";
import { readableGuestMemory } from "../../src/qemu/guest-memory.ts";
import { testDirectory } from "../vm/host.ts";
import { type MovingHost, twoHosts } from "./two-hosts.ts";

const draft = {
  name: "web01",
  memoryMib: 64,
  vnc: false,
  disks: [{ pool: "vms", sizeBytes: 1 << 20 }],
};

/** In a page that the firmware leaves alone, in the last of the memory's stretches. */
const flippedAt = 63 * 1048576 + 5;

function move(from: MovingHost, to: MovingHost, options: MigrationRecord["options"] = {}): string {
  return from.migrations.start({ vm: "web01", target: to.name, options, requestedBy: "test" }).id;
}

describe("a move between two hosts with a shared pool", { concurrency: false }, () => {
  let directory: Awaited<ReturnType<typeof testDirectory>>;
  let a: MovingHost;
  let b: MovingHost;

  before(async () => {
    directory = await testDirectory();
    ({ a, b } = await twoHosts(directory.path));
    await a.host.vms.create(draft);
    await a.host.vms.start("web01");
  });

  after(async () => {
    await a?.[Symbol.asyncDispose]();
    await b?.[Symbol.asyncDispose]();
    await directory?.[Symbol.asyncDispose]();
  });

  /** Exactly one host has the VM, and there the guest runs. */
  async function runsOnlyOn(here: MovingHost, there: MovingHost): Promise<void> {
    assert.equal(here.host.vms.get("web01").state, "running");
    assert.equal(here.host.vms.get("web01").migration, null);
    assert.equal(there.host.vms.find("web01"), undefined);
    assert.deepEqual(await there.host.traces(), []);
  }

  test("ends with the guest on the target, its memory equal, and nothing on the source", async () => {
    const record = await a.ended(move(a, b, { verifyMemory: true, blackoutMsMax: 10_000 }));
    assert.equal(record.error, null);
    assert.equal(record.state, "completed");
    assert.equal(record.differingPages, 0);
    assert.deepEqual(
      record.stages.map((stage) => stage.name),
      stageNames.filter((name) => name !== "storage-mirror" && name !== "memory-postcopy"),
    );
    assert.ok(record.blackout !== null && record.blackout.totalMs > 0);
    await runsOnlyOn(b, a);
    assert.equal(b.host.vms.get("web01").generation, 2);
  });

  test("goes back again, with the next generation; memory is not compared in a blackout too short for it", async () => {
    const record = await b.ended(move(b, a, { verifyMemory: true, blackoutMsMax: 10 }));
    assert.equal(record.state, "completed");
    assert.equal(record.differingPages, null);
    const { isWhole, tookMs, wholeMs } = record.memoryComparison ?? assert.fail("not told");
    assert.equal(isWhole, false);
    assert.ok(wholeMs >= tookMs);
    await runsOnlyOn(a, b);
    assert.equal(a.host.vms.get("web01").generation, 3);
  });

  test("is taken back when one bit of memory differs on the target, and says how much", async () => {
    const point = "target:storage-handover:inside";
    b.faults.arm(point, "pause");
    const struck = b.faults.struck(point);
    const id = move(a, b, { verifyMemory: true, blackoutMsMax: 10_000 });
    await struck;
    const skeleton = b.host.vms.process(a.host.vms.get("web01").definition.id);
    assert.ok(skeleton);
    const { path, address } = await readableGuestMemory(skeleton.qmp, skeleton.pid);
    await using memory = await open(path, "r+");
    const byte = Buffer.alloc(1);
    await memory.read(byte, 0, 1, address + flippedAt);
    byte[0] = (byte[0] ?? 0) ^ 1;
    await memory.write(byte, 0, 1, address + flippedAt);
    b.faults.clear();
    const failed = await a.ended(id);
    assert.equal(failed.state, "failed");
    assert.equal(failed.differingPages, 1);
    assert.match(failed.error?.message ?? "", /1 page of memory differed on the target/);
    await runsOnlyOn(a, b);
  });

  for (const [role, stage, moment] of rollBackPoints()) {
    const point = `${role}:${stage}:${moment}`;
    test(`rolls back when it fails at ${point}, and can be tried again at once`, async () => {
      (role === "source" ? a : b).faults.arm(point, "fail");
      const failed = await a.ended(move(a, b));
      assert.equal(failed.state, "failed");
      assert.match(failed.error?.message ?? "", new RegExp(point));
      await runsOnlyOn(a, b);
    });
  }

  test("after all these failures the next move succeeds", async () => {
    assert.equal((await a.ended(move(a, b))).state, "completed");
    assert.equal((await b.ended(move(b, a))).state, "completed");
    await runsOnlyOn(a, b);
  });

  for (const stage of ["setup", "memory-precopy"] as const) {
    test(`can be cancelled in ${stage}; both hosts are as before`, async () => {
      const point = `source:${stage}:inside`;
      a.faults.arm(point, "hang");
      const struck = a.faults.struck(point);
      const id = move(a, b);
      await struck;
      const record = await a.migrations.cancel(id);
      assert.equal(record.state, "cancelled");
      await runsOnlyOn(a, b);
    });
  }

  test("cannot be cancelled in modified-pages, and says why", async () => {
    let refusal: unknown;
    const id = move(a, b);
    const asked = a
      .until(id, (record) => record.stage === "modified-pages")
      .then(() => a.migrations.cancel(id))
      .catch((error: unknown) => {
        refusal = error;
      });
    const record = await a.ended(id);
    await asked;
    assert.equal(record.state, "completed");
    assert.match(String(refusal), /Cannot cancel the move of VM "web01"/);
    assert.equal((await b.ended(move(b, a))).state, "completed");
  });

  test("a paused VM lands paused", async () => {
    await a.host.vms.pause("web01");
    const record = await a.ended(move(a, b));
    assert.equal(record.error, null);
    assert.equal(b.host.vms.get("web01").state, "paused");
    await b.host.vms.resume("web01");
    assert.equal((await b.ended(move(b, a))).state, "completed");
    await runsOnlyOn(a, b);
  });
});

function rollBackPoints(): (readonly ["source" | "target", StageName, string])[] {
  const stages = stageNames.filter(
    (name) => describeStage(name).reversible && name !== "storage-mirror",
  );
  return stages.flatMap((stage) => [
    ["source", stage, "before"] as const,
    ["source", stage, "inside"] as const,
    ["target", stage, "inside"] as const,
  ]);
}
