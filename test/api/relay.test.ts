/** Asking any host of a domain for what another one has. */
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { codeOf, makeDomain, type RunningAgent, runAgent } from "./running-agent.ts";

interface Vm {
  readonly name: string;
  readonly id: string;
  readonly host: string;
}
interface VmList {
  readonly vms: Vm[];
  readonly unreachable: { host: string; message: string }[];
}

/** A VM without disks that is never started. */
async function createVm(agent: RunningAgent, name: string): Promise<Vm> {
  return await agent.good<Vm>("POST /v1/vms", { body: { name, memoryMib: 64 } });
}

const seenMsMax = 30_000;

/** What was done at another host is seen as soon as that has said so: milliseconds. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + seenMsMax;
  while (!(await isSo())) {
    assert.ok(performance.now() < deadline, "not seen");
    await sleep(5);
  }
}

test("a named host answers through any other, by query or by header", async () => {
  await using a = await runAgent({ name: "host-a" });
  await using b = await runAgent({ name: "host-b" });
  await makeDomain("lab", a, b);
  type Host = { name: string };
  assert.equal((await a.good<Host>("GET /v1/host?host=host-b")).name, "host-b");
  const headers = { "ferry-host": "host-b" };
  assert.equal((await a.good<Host>("GET /v1/host", { headers })).name, "host-b");
  assert.equal((await a.good<Host>("GET /v1/host?host=host-a")).name, "host-a");
  const pool = join(b.directory, "pool");
  mkdirSync(pool);
  await a.good("POST /v1/pools?host=host-b", { body: { name: "p1", path: pool } });
  assert.deepEqual(await a.good("GET /v1/pools"), { pools: [] });
  assert.equal((await b.good<{ pools: unknown[] }>("GET /v1/pools")).pools.length, 1);
});

test("a VM is found wherever it is, and what is done to it happens there", async () => {
  await using a = await runAgent({ name: "host-a" });
  await using b = await runAgent({ name: "host-b" });
  await makeDomain("lab", a, b);
  const { id } = await createVm(b, "web01");
  assert.equal((await a.good<Vm>("GET /v1/vms/web01")).host, "host-b");
  assert.equal((await a.good<Vm>(`GET /v1/vms/${id}`)).host, "host-b");
  await a.good("DELETE /v1/vms/web01");
  assert.deepEqual(await b.good("GET /v1/vms"), { vms: [], unreachable: [] });
});

test("two VMs of one name are told apart by host or id", async () => {
  await using a = await runAgent({ name: "host-a" });
  await using b = await runAgent({ name: "host-b" });
  await using c = await runAgent({ name: "host-c" });
  await makeDomain("lab", a, b, c);
  await createVm(b, "web01");
  const { id } = await createVm(c, "web01");
  assert.equal(codeOf(await a.ask("GET /v1/vms/web01")), "conflict");
  assert.equal((await a.good<Vm>("GET /v1/vms/web01?host=host-b")).host, "host-b");
  assert.equal((await a.good<Vm>(`GET /v1/vms/${id}`)).host, "host-c");
});

test("lists over the domain show what was done through any host, and name the hosts that do not answer", async () => {
  await using a = await runAgent({ name: "host-a" });
  await using b = await runAgent({ name: "host-b" });
  await using c = await runAgent({ name: "host-c" });
  await makeDomain("lab", a, b, c);
  await createVm(a, "web01");
  await createVm(b, "web02");
  const names = async () =>
    (await a.good<VmList>("GET /v1/vms?scope=domain")).vms.map(({ name }) => name).sort();
  assert.deepEqual(await names(), ["web01", "web02"]);
  assert.deepEqual(await names(), ["web01", "web02"], "said by host-b before");
  await a.good("POST /v1/vms?host=host-b", { body: { name: "web03", memoryMib: 64 } });
  assert.deepEqual(await names(), ["web01", "web02", "web03"], "done through host-a: at once");
  await b.good("DELETE /v1/vms/web03");
  await until(async () => (await names()).length === 2);
  await createVm(b, "web04");
  await until(async () => (await names()).includes("web04"));
  await b.good("DELETE /v1/vms/web04");
  await c.stop();
  const lost = async () => (await a.good<VmList>("GET /v1/vms?scope=domain")).unreachable;
  await until(async () => (await lost()).length > 0);
  assert.deepEqual(
    (await lost()).map(({ host }) => host),
    ["host-c"],
  );
  await until(async () => isDeepStrictEqual(await names(), ["web01", "web02"]));
  const missing = await a.ask("GET /v1/vms/web03");
  assert.equal(codeOf(missing), "not-found");
  assert.match(JSON.stringify(missing.body), /host-c did not answer/);
  assert.equal(codeOf(await a.ask("GET /v1/vms?host=host-c")), "unreachable");
  const { hosts } = await a.good<{ hosts: { name: string; reachable: boolean }[] }>(
    "GET /v1/hosts",
  );
  assert.equal(hosts.find(({ name }) => name === "host-c")?.reachable, false);
});

test("a relayed request keeps the caller's role and name", async () => {
  await using a = await runAgent({ name: "host-a" });
  await using b = await runAgent({ name: "host-b" });
  await makeDomain("lab", a, b);
  const { secret: token } = await a.good<{ secret: string }>("POST /v1/tokens", {
    body: { name: "watcher", role: "viewer" },
  });
  await a.good("GET /v1/vms?host=host-b", { tls: { token } });
  const answer = await a.ask("GET /v1/tokens?host=host-b", { tls: { token } });
  assert.equal(codeOf(answer), "forbidden");
});
