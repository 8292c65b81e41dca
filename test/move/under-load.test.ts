/** The whole path with real agents, real wires and a real guest, as its users see it. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Watch } from "../../lab/client/outside-client.ts";
import { createGuest, guestPorts } from "../../lab/guest.ts";
import { Lab } from "../../lab/lab.ts";
import type { LabHost } from "../../lab/lab-host.ts";
import { processesIn } from "../../lab/namespaces.ts";
import { finished, reached, startMove } from "./moves.ts";

const vm = "web01";
const address = "10.77.0.50";
const ask = (line: string) => lab.client.ask(address, guestPorts.memory, line);
let lab: Lab;

before(async () => {
  lab = await Lab.up({ name: "move", speed: "1gbit" });
  await createGuest(lab, { name: vm, host: "host-a", address, diskMib: 64 });
  await ask("fill 32 7");
  await ask("churn 500");
});

after(() => Lab.down("move"));

async function assertUntouched(watch: Watch): Promise<void> {
  const { counter, redis, http } = await watch.report();
  assert.deepEqual(
    { lost: counter?.lost, duplicates: counter?.duplicates, errors: counter?.errors },
    { lost: 0, duplicates: 0, errors: 0 },
  );
  assert.equal(redis?.errors ?? 0, 0, redis?.firstError ?? "");
  assert.equal(http?.errors ?? 0, 0, http?.firstError ?? "");
}

/** Each test takes the guest from where the one before left it. */
async function otherHost(): Promise<LabHost> {
  const { host } = await lab.host("host-a").api("GET /v1/vms/{vm}", { params: { vm } });
  return lab.host(host === "host-a" ? "host-b" : "host-a");
}

/** Its records are durable before they are reported: none of them may be missing on the target. */
test("a move under load: connections stay, no request fails, memory and disk are the same", async () => {
  const disk = (line: string) => lab.client.ask(address, guestPorts.disk, line);
  await disk("write /dev/vda 3 50");
  await using watch = await lab.client.use(address, ["counter", "redis", "http"]);
  const target = await otherHost();
  const options = { verifyMemory: true, blackoutMsMax: 10_000 };
  const record = await finished(lab, await startMove(lab, vm, target.name, options));
  assert.equal(record.state, "completed", record.error?.message ?? "");
  assert.equal(record.differingPages, 0);
  await assertUntouched(watch);
  assert.match(await ask("verify"), /^verified 8192 0$/);
  const acknowledged = (await disk("stop")).split(" ")[1];
  assert.match(await disk(`verify /dev/vda 3 ${acknowledged}`), / 0$/);
  const moved = await target.api("GET /v1/vms/{vm}", { params: { vm } });
  assert.equal(moved.host, target.name);
});

test("a move cancelled in pre-copy: the guest never stops, nothing is left, the next succeeds", async () => {
  await using watch = await lab.client.use(address, ["counter", "redis"]);
  // Slow enough that pre-copy is still under way when the cancellation arrives.
  const target = await otherHost();
  const wire = lab.wire(`${target.name}.lan`);
  await wire.setSpeed("100mbit");
  const id = await startMove(lab, vm, target.name);
  await reached(lab, id, "memory-precopy");
  await lab.host("host-a").api("POST /v1/migrations/{id}/cancel", { params: { id } });
  const record = await finished(lab, id);
  assert.equal(record.state, "cancelled", record.error?.message ?? "");
  await wire.setSpeed("1gbit");
  await assertUntouched(watch);
  assert.deepEqual((await target.api("GET /v1/vms")).vms, []);
  // Of what runs there only the agent is left.
  assert.deepEqual(await processesIn(target.namespace), [await target.agent.pid()]);
  const next = await finished(lab, await startMove(lab, vm, target.name));
  assert.equal(next.state, "completed", next.error?.message ?? "");
  await assertUntouched(watch);
});

test("agents killed and started again adopt the running VM, and it can be moved", async () => {
  await using watch = await lab.client.use(address, ["counter", "redis"]);
  for (const host of lab.hosts) await host.agent.stop("SIGKILL");
  for (const host of lab.hosts) await host.agent.start();
  const adopted = await lab.host("host-a").api("GET /v1/vms/{vm}", { params: { vm } });
  assert.equal(adopted.state, "running");
  const target = await otherHost();
  const record = await finished(lab, await startMove(lab, vm, target.name));
  assert.equal(record.state, "completed", record.error?.message ?? "");
  await assertUntouched(watch);
  assert.match(await ask("verify"), /^verified 8192 0$/);
});

test("a guest asked to shut down does, wherever it was moved to", async () => {
  const { exitCode, stdout, stderr } = await lab.host("host-a").ferry(["vm", "shutdown", vm]);
  assert.equal(exitCode, 0, stdout + stderr);
  const stopped = await lab.host("host-a").api("GET /v1/vms/{vm}", { params: { vm } });
  assert.equal(stopped.state, "stopped");
});
