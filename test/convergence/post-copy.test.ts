/** Post-copy with real agents and a guest that writes faster than the link; broken links and agents that die meanwhile. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createGuest, guestPorts } from "../../lab/guest.ts";
import { Lab } from "../../lab/lab.ts";
import type { LabHost } from "../../lab/lab-host.ts";
import { moveThenSlowDown } from "../../lab/slow-link.ts";
import type { MigrationRecord } from "../../src/migration/record.ts";
import { finished, reached, startMove } from "../move/moves.ts";

const vm = "writer";
const address = "10.77.0.50";
const ask = (line: string) => lab.client.ask(address, guestPorts.memory, line);
/** As long as a link is cut. */
const cutMs = 5_000;
const options = { convergencePolicy: "post-copy" } as const;
/** Slower than the guest writes, and slow enough that its missing pages take seconds. */
const slowBytesPerSecond = 1_500_000;
let lab: Lab;
let skip: string | false = false;

before(async () => {
  lab = await Lab.up({ name: "e-postcopy", settings: { faultInjection: true } });
  for (const host of lab.hosts) {
    if (!(await host.lendUserfault())) skip = "no device for missing pages can be made here";
    await host.agent.stop();
    await host.agent.start();
  }
  if (skip) return;
  await createGuest(lab, { name: vm, host: "host-a", address });
  await ask("fill 16 7");
  await ask("churn 8000");
});

after(() => Lab.down("e-postcopy"));

async function hosts(): Promise<{ source: LabHost; target: LabHost }> {
  const { host } = await lab.host("host-a").api("GET /v1/vms/{vm}", { params: { vm } });
  const other = host === "host-a" ? "host-b" : "host-a";
  return { source: lab.host(host), target: lab.host(other) };
}

/** A move that is slow once most of memory is there. */
async function startSlowMove(source: LabHost, target: LabHost): Promise<string> {
  const start = () => startMove(lab, vm, target.name, options);
  return (await moveThenSlowDown(source, start, slowBytesPerSecond)).id;
}

/** The guest itself checked every page that it rewrote, and now checks all. */
async function assertMemory(): Promise<void> {
  assert.match(await ask("verify"), /^verified 4096 0$/);
  assert.match(await ask("status"), / bad 0$/);
}

function assertPostCopied(record: MigrationRecord): void {
  assert.equal(record.state, "completed", record.error?.message ?? "");
  assert.ok(record.adjustments?.some(({ action }) => action === "post-copy"));
  assert.ok(record.stages.some(({ name }) => name === "memory-postcopy"));
}

test("the check report says the risk, and the move goes on at the target where rounds do not pay", async (t) => {
  if (skip) return t.skip(skip);
  const { source, target } = await hosts();
  const body = { vm, target: target.name, options };
  const report = await source.api("POST /v1/checks", { body });
  assert.ok(report.possible, JSON.stringify(report.findings));
  const risk = report.findings.find(({ check }) => check === "post-copy-risk");
  assert.equal(risk?.severity, "warning");
  const id = await startSlowMove(source, target);
  await reached(lab, id, "memory-postcopy");
  await lab.wire(`${target.name}.lan`).cut();
  await sleep(cutMs);
  await lab.wire(`${target.name}.lan`).restore();
  assertPostCopied(await finished(lab, id));
  await assertMemory();
});

for (const role of ["source", "target"] as const) {
  test(`the ${role}'s agent is killed while pages are missing: the next one goes on`, async (t) => {
    if (skip) return t.skip(skip);
    const found = await hosts();
    const id = await startSlowMove(found.source, found.target);
    await reached(lab, id, "memory-postcopy");
    await found[role].agent.stop("SIGKILL");
    await found[role].agent.start();
    const record = await finished(lab, id);
    assert.equal(record.state, "completed", record.error?.message ?? "");
    await assertMemory();
    const { host, state } = await found.target.api("GET /v1/vms/{vm}", { params: { vm } });
    assert.deepEqual({ host, state }, { host: found.target.name, state: "running" });
  });
}

for (const { point, action } of [
  { point: "target:storage-handover:inside", action: "fail" },
  { point: "source:storage-handover:before", action: "crash" },
] as const) {
  test(`${point} ${action}s after the switch, before the handover: the guest goes on at the source`, async (t) => {
    if (skip) return t.skip(skip);
    const { source, target } = await hosts();
    const struck = point.startsWith("source") ? source : target;
    await struck.api("POST /v1/faults", { body: { point, action } });
    const id = await startSlowMove(source, target);
    if (action === "crash") {
      while ((await struck.agent.pid()) !== undefined) await sleep(100);
      await struck.agent.start();
    }
    const record = await finished(lab, id);
    assert.equal(record.state, "failed");
    await assertMemory();
    const { host, state } = await source.api("GET /v1/vms/{vm}", { params: { vm } });
    assert.deepEqual({ host, state }, { host: source.name, state: "running" });
  });
}
