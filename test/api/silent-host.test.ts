/** Lists over the domain while a host says nothing: as it was for some seconds, then named as one that does not answer, and back when it is. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Lab } from "../../lab/lab.ts";

/** Far above what the asked host takes to notice. */
const noticedMsMax = 60_000;
let lab: Lab;

before(async () => {
  lab = await Lab.up({ name: "silent" });
});

after(() => Lab.down("silent"));

async function list(): Promise<{ vms: string[]; silent: string[] }> {
  const query = { scope: "domain" } as const;
  const { vms, unreachable } = await lab.host("host-a").api("GET /v1/vms", { query });
  return { vms: vms.map(({ name }) => name), silent: unreachable.map(({ host }) => host) };
}

async function until(what: string, isSo: (now: Awaited<ReturnType<typeof list>>) => boolean) {
  const deadline = performance.now() + noticedMsMax;
  while (!isSo(await list())) {
    assert.ok(performance.now() < deadline, what);
    await sleep(100);
  }
}

test("a host that was heard a moment ago is not waited for; one that stays silent is named", async () => {
  const host = lab.host("host-b");
  await host.api("POST /v1/vms", { body: { name: "web01", memoryMib: 64 } });
  await until("the VM is listed", ({ vms }) => vms.includes("web01"));
  const pid = await host.agent.pid();
  assert.ok(pid !== undefined);
  process.kill(pid, "SIGSTOP");
  try {
    assert.deepEqual(await list(), { vms: ["web01"], silent: [] }, "what it said last");
    await until("the silent host is named", ({ silent }) => silent.includes("host-b"));
    assert.deepEqual(await list(), { vms: [], silent: ["host-b"] });
  } finally {
    process.kill(pid, "SIGCONT");
  }
  await until("it is back", ({ silent }) => silent.length === 0);
  assert.deepEqual(await list(), { vms: ["web01"], silent: [] });
});
