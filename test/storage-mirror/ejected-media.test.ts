/** A medium that the target does not reach is taken out on request, and back in its drive when the move does not happen. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { Journal } from "../../src/migration/journal.ts";
import type { MovingHost } from "../migration/two-hosts.ts";
import { isFerryError, testDirectory } from "../vm/host.ts";
import { type Apart, hostsApart } from "./apart.ts";

const iso = { pool: "local", file: "tools.iso" };
const other = { pool: "local", file: "other.iso" };
let directory: Awaited<ReturnType<typeof testDirectory>>;
let apart: Apart;

before(async () => {
  directory = await testDirectory();
  apart = await hostsApart(directory.path);
  for (const { file } of [iso, other])
    await writeFile(apart.path(apart.a, file), Buffer.alloc(4096));
  await apart.a.host.vms.create({ name: "web01", memoryMib: 32, vnc: false, iso });
  await apart.a.host.vms.start("web01");
});

after(async () => {
  await apart?.a[Symbol.asyncDispose]();
  await apart?.b[Symbol.asyncDispose]();
  await directory?.[Symbol.asyncDispose]();
});

/** The file in the drive of the running VM, or null. */
async function inDrive({ host }: MovingHost): Promise<string | null> {
  const qmp = host.vms.process(host.vms.get("web01").definition.id)?.qmp;
  assert.ok(qmp);
  const devices =
    await qmp.execute<{ inserted?: { image: { filename: string } } }[]>("query-block");
  return devices.find(({ inserted }) => inserted !== undefined)?.inserted?.image.filename ?? null;
}

const request = { vm: "web01", target: "host-b", options: { eject: true }, requestedBy: "test" };

test("the medium of a running VM can be changed, taken out and put in", async () => {
  const { a } = apart;
  const { vms } = a.host;
  for (const medium of [other, null, iso]) {
    const { definition } = vms.get("web01");
    await vms.replaceDefinition("web01", { ...definition, cdroms: [{ name: "cd0", medium }] });
    assert.equal(await inDrive(a), medium === null ? null : apart.path(a, medium.file));
    assert.deepEqual(vms.get("web01").definition.cdroms[0]?.medium, medium);
  }
});

test("a medium that is not there is refused, and nothing else changes while a VM runs", async () => {
  const { a } = apart;
  const { vms } = a.host;
  const { definition } = vms.get("web01");
  const missing = { ...definition, cdroms: [{ name: "cd0", medium: { ...iso, file: "no.iso" } }] };
  await assert.rejects(vms.replaceDefinition("web01", missing), isFerryError("not-found"));
  const larger = { ...missing, memory: { mib: 64 } };
  await assert.rejects(vms.replaceDefinition("web01", larger), isFerryError("conflict"));
  assert.equal(await inDrive(a), apart.path(a, iso.file));
});

test("a move that fails puts it back", async () => {
  const { a } = apart;
  a.faults.arm("source:memory-precopy:inside", "fail");
  const record = await a.over(a.migrations.start(request).id);
  assert.equal(record.state, "failed");
  assert.equal(await inDrive(a), apart.path(a, iso.file));
});

test("an agent that died meanwhile puts it back when it returns", async () => {
  const { a } = apart;
  const point = "source:setup:inside";
  a.faults.arm(point, "hang");
  const struck = a.faults.struck(point);
  const { id } = a.migrations.start(request);
  await struck;
  assert.equal(await inDrive(a), null);
  // What a crash leaves: the journal open, the drive empty.
  const { vms } = a.host;
  await a.migrations.cancel(id);
  await vms.ejectMedia("web01");
  const { definition, generation } = vms.get("web01");
  const journal = new Journal(a.host.database, Date.now);
  const begun = { kind: "begun", peer: "host-b", generation, ran: true } as const;
  journal.append("crashed", { ...begun, vm: definition.id });
  await a.restartAgent();
  assert.equal(await inDrive(a), apart.path(a, iso.file));
});

test("on request the VM moves without it, and its drive is empty there", async () => {
  const { a, b } = apart;
  const record = await a.over(a.migrations.start(request).id);
  assert.equal(record.error, null);
  assert.equal(await inDrive(b), null);
  assert.equal(b.host.vms.get("web01").definition.cdroms[0]?.medium, null);
  assert.deepEqual(await apart.files(a), [other.file, iso.file]);
  assert.deepEqual(await apart.files(b), []);
});
