/**
 * A software TPM moves with its VM: what it holds in memory (PCRs) and what it stores (NV), while the guest uses it. Real
 * swtpm, a Linux guest that speaks TPM 2.0 to /dev/tpm0.
 */
import assert from "node:assert/strict";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createGuest, guestTpmPort } from "../../lab/guest.ts";
import { Lab } from "../../lab/lab.ts";
import type { LabHost } from "../../lab/lab-host.ts";
import { processesIn } from "../../lab/namespaces.ts";
import { finished, startMove } from "../move/moves.ts";

const vm = "tpm01";
const address = "10.77.0.60";
let lab: Lab;
let id: string;

before(async () => {
  lab = await Lab.up({ name: "tpm", settings: { faultInjection: true } });
  const draft = { tpm: { model: "crb" as const } };
  await createGuest(lab, { name: vm, host: "host-a", address, diskMib: 16, draft });
  await lab.client.waitFor(address, guestTpmPort, 60_000);
  ({ id } = await lab.host("host-a").api("GET /v1/vms/{vm}", { params: { vm } }));
});

after(() => Lab.down("tpm"));

/** TPM 2.0 commands (Part 3 of its specification): tag, length, code, the rest. */
async function tpm(tag: string, code: string, body: string): Promise<string> {
  const length = (10 + body.length / 2).toString(16).padStart(8, "0");
  const answer = await lab.client.ask(address, guestTpmPort, tag + length + code + body);
  assert.equal(answer.slice(12, 20), "00000000", `command ${code}: ${answer}`);
  return answer;
}

const withoutSessions = "8001";
const withSessions = "8002";
/** An empty password. */
const noPassword = `${"00000009"}${"40000009"}${"0000"}${"00"}${"0000"}`;
const pcr = "00000010"; // PCR 16, for tests
const nvIndex = "01500020";
const secret = "6665727279212121";

async function extend(): Promise<void> {
  await tpm(withSessions, "00000182", `${pcr}${noPassword}00000001000b${"ab".repeat(32)}`);
}

/** The SHA-256 value of PCR 16: the answer's last digest. */
async function readPcr(): Promise<string> {
  const answer = await tpm(withoutSessions, "0000017e", "00000001000b03000001");
  return answer.slice(-64);
}

async function store(): Promise<void> {
  const attributes = "00060006"; // the owner, or whoever has the index's password, reads and writes it
  const area = `${nvIndex}000b${attributes}0000${"0008"}`;
  await tpm(withSessions, "0000012a", `40000001${noPassword}0000000e${area}`);
  await tpm(withSessions, "00000137", `${nvIndex}${nvIndex}${noPassword}0008${secret}0000`);
}

async function readStored(): Promise<string> {
  const answer = await tpm(withSessions, "0000014e", `${nvIndex}${nvIndex}${noPassword}00080000`);
  return answer.slice(32, 48);
}

async function hosts(): Promise<{ here: LabHost; there: LabHost }> {
  const { host } = await lab.host("host-a").api("GET /v1/vms/{vm}", { params: { vm } });
  const other = host === "host-a" ? "host-b" : "host-a";
  return { here: lab.host(host), there: lab.host(other) };
}

async function assertNoTraces({ namespace, directory, agent }: LabHost): Promise<void> {
  assert.deepEqual(await processesIn(namespace), [await agent.pid()]);
  await assert.rejects(access(join(directory, "state/vms", id)));
}

test("PCRs and stored values are the guest's after a move on shared storage, and the source keeps none", async () => {
  await extend();
  await store();
  const value = await readPcr();
  assert.notEqual(value, "0".repeat(64));
  const { here, there } = await hosts();
  const record = await finished(lab, await startMove(lab, vm, there.name));
  assert.equal(record.state, "completed", record.error?.message ?? "");
  assert.equal(await readPcr(), value);
  assert.equal(await readStored(), secret);
  await assertNoTraces(here);
});

test("agents killed and started again leave it at work; a failed move leaves nothing on the target", async () => {
  const value = await readPcr();
  const { here, there } = await hosts();
  for (const { agent } of lab.hosts) await agent.stop("SIGKILL");
  for (const { agent } of lab.hosts) await agent.start();
  const point = "source:storage-handover:inside";
  await here.api("POST /v1/faults", { body: { point, action: "fail" } });
  const record = await finished(lab, await startMove(lab, vm, there.name));
  assert.equal(record.state, "failed");
  await assertNoTraces(there);
  assert.equal(await readPcr(), value);
  await extend();
  assert.notEqual(await readPcr(), value);
});

test("it moves with its disk between hosts that share nothing", async () => {
  const value = await readPcr();
  const { here, there } = await hosts();
  const options = { withStorage: true, targetPool: "local" };
  const record = await finished(lab, await startMove(lab, vm, there.name, options));
  assert.equal(record.state, "completed", record.error?.message ?? "");
  assert.equal(await readPcr(), value);
  assert.equal(await readStored(), secret);
  await assertNoTraces(here);
});

test("a power-off ends it, what it stored is there at the next start, and a delete removes it", async () => {
  const { here } = await hosts();
  const params = { vm };
  await here.api("POST /v1/vms/{vm}/power-off", { params });
  assert.deepEqual(await processesIn(here.namespace), [await here.agent.pid()]);
  await here.api("POST /v1/vms/{vm}/start", { params });
  await lab.client.waitFor(address, guestTpmPort, 60_000);
  assert.equal(await readStored(), secret);
  assert.equal(await readPcr(), "0".repeat(64));
  await here.api("POST /v1/vms/{vm}/power-off", { params });
  await here.api("DELETE /v1/vms/{vm}", { params, query: {} });
  await assertNoTraces(here);
});
