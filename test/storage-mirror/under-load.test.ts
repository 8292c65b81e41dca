/**
 * Disks that move with their VM while its guest writes to them: real agents, wires and a Linux guest. After each test every record
 * that was acknowledged to a client outside is on the disks, and the file system is whole. Every stage: fault-matrix.ts.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, test } from "node:test";
import { createGuest } from "../../lab/guest.ts";
import { Lab } from "../../lab/lab.ts";
import type { LabHost } from "../../lab/lab-host.ts";
import type { MigrationOptions, MigrationRecord } from "../../src/migration/record.ts";
import { copied, finished, startMove } from "../move/moves.ts";
import { RecordWriter } from "../support/records.ts";
import { assertOnlyOn, hostsOf } from "./whole-vm.ts";

const vm = "web01";
const address = "10.77.0.50";
const MiB = 2 ** 20;
const contentMib = 48;
const copiedMib = 4;
/** A lane keeps silent for four seconds before it is given up; ten are in fault-matrix.ts. */
const cutMs = 5_000;
const consent = { withStorage: true };
let lab: Lab;
let writer: RecordWriter;

before(async () => {
  lab = await Lab.up({ name: "apart", speed: "1gbit" });
  const content = join(lab.directory, "content.raw");
  await writeFile(content, randomBytes(contentMib * MiB));
  const disks = [
    { pool: "local", file: "root.qcow2", sizeBytes: 64 * MiB },
    { pool: "local", file: "data.raw", format: "raw" as const, import: { path: content } },
  ];
  await createGuest(lab, { name: vm, host: "host-a", address, draft: { disks } });
  writer = await RecordWriter.start(lab, vm, address, [
    { file: "root.qcow2", format: "qcow2" },
    { file: "data.raw", format: "raw" },
  ]);
});

after(async () => {
  writer?.[Symbol.dispose]();
  await Lab.down("apart");
});

/** What the other host had of the move goes when its own half of it is over. */
async function assertWholeOn(host: LabHost): Promise<void> {
  await assertOnlyOn(lab, vm, host);
  await writer.assertAllOn(host);
}

/** Runs `body` while disks are copied over a wire slow enough for it, and some of them is there. */
async function whileCopied(
  body: (id: string, hosts: { here: LabHost; there: LabHost }) => Promise<void>,
  options: MigrationOptions = {},
): Promise<{ record: MigrationRecord; here: LabHost; there: LabHost }> {
  const { here, there } = await hostsOf(lab, vm);
  const wire = lab.wire(`${there.name}.lan`);
  await wire.setSpeed("50mbit");
  const id = await startMove(lab, vm, there.name, { ...consent, ...options });
  await copied(lab, id, "disk1", copiedMib * MiB);
  await body(id, { here, there });
  await wire.setSpeed("1gbit");
  return { record: await finished(lab, id), here, there };
}

test("without consent the move is refused, and says what would be copied", async () => {
  await assert.rejects(startMove(lab, vm, "host-b"), {
    code: "consent-needed",
    message: /disk0.*pool "local"/,
  });
  const { exitCode, stderr } = await lab.host("host-a").ferry(["move", vm, "host-b"]);
  assert.notEqual(exitCode, 0);
  assert.match(stderr, /--yes/);
});

test("a guest that writes moves with its disks: every acknowledged record is there", async () => {
  const { here, there } = await hostsOf(lab, vm);
  await using watch = await lab.client.use(address, ["counter", "redis"]);
  const { exitCode, stdout, stderr } = await here.ferry([
    "move",
    vm,
    there.name,
    "--yes",
    "--json",
  ]);
  assert.equal(exitCode, 0, stderr);
  const { counter } = await watch.report();
  assert.deepEqual([counter?.lost, counter?.errors], [0, 0]);
  await assertWholeOn(there);
  const record = JSON.parse(stdout) as MigrationRecord;
  assert.ok(record.diskBytes >= contentMib * MiB);
});

test("cancelled while disks are copied: the guest writes on, and nothing is left there", async () => {
  const { record, here } = await whileCopied(async (id) => {
    await lab.host("host-a").api("POST /v1/migrations/{id}/cancel", { params: { id } });
  });
  assert.equal(record.state, "cancelled", record.error?.message ?? "");
  await assertWholeOn(here);
});

test("a wire cut while disks are copied costs nothing but time", async () => {
  const { record, there } = await whileCopied(async (_, { there }) => {
    await lab.wire(`${there.name}.lan`).cut();
    await sleep(cutMs);
    await lab.wire(`${there.name}.lan`).restore();
  });
  assert.equal(record.state, "completed", record.error?.message ?? "");
  await assertWholeOn(there);
});

for (const role of ["here", "there"] as const) {
  const name = role === "here" ? "source" : "target";
  test(`the ${name}'s agent killed while disks are copied: the VM stays, whole, and moves with what was kept`, async () => {
    const { here, there } = await hostsOf(lab, vm);
    await whileCopied(
      async (_, hosts) => {
        await hosts[role].agent.stop("SIGKILL");
        await hosts[role].agent.start();
      },
      { keepPartial: true },
    );
    await assertOnlyOn(lab, vm, here, "partial");
    await writer.assertAllOn(here);
    const { partialDisks } = await there.api("GET /v1/partial-disks", { query: {} });
    assert.ok(partialDisks.some(({ disk }) => disk === "disk1"));
    const resuming = { ...consent, resume: true };
    const again = await finished(lab, await startMove(lab, vm, there.name, resuming));
    assert.equal(again.state, "completed", again.error?.message ?? "");
    const data = again.disks.find(({ name }) => name === "disk1");
    assert.ok((data?.resumedBytes ?? 0) > 0, JSON.stringify(data));
    await assertOnlyOn(lab, vm, there);
    assert.deepEqual(await there.api("GET /v1/partial-disks", { query: {} }), {
      ...{ partialDisks: [], unreachable: [] },
    });
  });
}
