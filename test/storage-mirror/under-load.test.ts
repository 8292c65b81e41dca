/** Disks that move with their VM while its guest writes: real agents, wires and a Linux guest. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, test } from "node:test";
import { createGuest, guestPorts } from "../../lab/guest.ts";
import { Lab } from "../../lab/lab.ts";
import type { LabHost } from "../../lab/lab-host.ts";
import type { MigrationRecord } from "../../src/migration/record.ts";
import { finished, reached, startMove } from "../move/moves.ts";

const vm = "web01";
const address = "10.77.0.50";
const MiB = 2 ** 20;
const contentMib = 48;
const consent = { withStorage: true };
const disk = (line: string) => lab.client.ask(address, guestPorts.disk, line);
let lab: Lab;

before(async () => {
  lab = await Lab.up({ name: "apart", speed: "1gbit" });
  const content = join(lab.directory, "content.raw");
  await writeFile(content, randomBytes(contentMib * MiB));
  const disks = [
    { pool: "local", file: "root.qcow2", sizeBytes: 64 * MiB },
    { pool: "local", file: "data.raw", format: "raw" as const, import: { path: content } },
  ];
  await createGuest(lab, { name: vm, host: "host-a", address, draft: { disks } });
});

after(() => Lab.down("apart"));

async function hosts(): Promise<{ here: LabHost; there: LabHost }> {
  const { host } = await lab.host("host-a").api("GET /v1/vms/{vm}", { params: { vm } });
  const other = host === "host-a" ? "host-b" : "host-a";
  return { here: lab.host(host), there: lab.host(other) };
}

/** The files of a host's own pool. */
async function files({ directory }: LabHost): Promise<string[]> {
  const names = await readdir(join(directory, "local"));
  return names.filter((name) => !name.startsWith(".ferry-pool")).sort();
}

/** From here on every record that the guest is told is durable counts. */
async function startWriting(): Promise<void> {
  await disk("write /dev/vda 3 100");
}

async function assertNothingLost(): Promise<void> {
  const acknowledged = (await disk("stop")).split(" ")[1];
  assert.match(await disk(`verify /dev/vda 3 ${acknowledged}`), /^verified [1-9]\d* 0$/);
}

async function assertOnlyOn(here: LabHost, there: LabHost): Promise<void> {
  const { state, host } = await here.api("GET /v1/vms/{vm}", { params: { vm } });
  assert.deepEqual({ state, host }, { state: "running", host: here.name });
  assert.deepEqual(await files(there), []);
}

/** Runs `body` while disks are copied over a wire slow enough for it. */
async function whileCopied(
  body: (id: string, hosts: { here: LabHost; there: LabHost }) => Promise<void>,
): Promise<{ record: MigrationRecord; here: LabHost; there: LabHost }> {
  const { here, there } = await hosts();
  const wire = lab.wire(`${there.name}.lan`);
  await wire.setSpeed("50mbit");
  const id = await startMove(lab, vm, there.name, consent);
  await reached(lab, id, "storage-mirror");
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
  const { here, there } = await hosts();
  await startWriting();
  await using watch = await lab.client.use(address, ["counter", "redis"]);
  const record = await finished(lab, await startMove(lab, vm, there.name, consent));
  assert.equal(record.state, "completed", record.error?.message ?? "");
  const { counter } = await watch.report();
  assert.deepEqual([counter?.lost, counter?.errors], [0, 0]);
  await assertNothingLost();
  await assertOnlyOn(there, here);
  assert.ok(record.diskBytes >= contentMib * MiB);
});

test("cancelled while disks are copied: the guest writes on, and nothing is left there", async () => {
  await startWriting();
  const { record, here, there } = await whileCopied(async (id) => {
    await lab.host("host-a").api("POST /v1/migrations/{id}/cancel", { params: { id } });
  });
  assert.equal(record.state, "cancelled", record.error?.message ?? "");
  await assertNothingLost();
  await assertOnlyOn(here, there);
});

test("a wire cut while disks are copied costs nothing but time", async () => {
  await startWriting();
  const { record, here, there } = await whileCopied(async (_, { there }) => {
    await lab.wire(`${there.name}.lan`).cut();
    await sleep(10_000);
    await lab.wire(`${there.name}.lan`).restore();
  });
  assert.equal(record.state, "completed", record.error?.message ?? "");
  await assertNothingLost();
  await assertOnlyOn(there, here);
});

for (const role of ["here", "there"] as const) {
  const name = role === "here" ? "source" : "target";
  test(`the ${name}'s agent killed while disks are copied: the VM stays, whole, and can move`, async () => {
    await startWriting();
    const { here, there } = await hosts();
    await whileCopied(async (_, hosts) => {
      await hosts[role].agent.stop("SIGKILL");
      await hosts[role].agent.start();
    });
    await assertNothingLost();
    await assertOnlyOn(here, there);
    const again = await finished(lab, await startMove(lab, vm, there.name, consent));
    assert.equal(again.state, "completed", again.error?.message ?? "");
    await assertOnlyOn(there, here);
  });
}
