/** A host is emptied and filled again, with the command line as an administrator uses it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, test } from "node:test";
import { Lab } from "../../lab/lab.ts";
import { mostAtOnce } from "../../lab/most-at-once.ts";
import { allOver, assertPlaces, startVms } from "./many-moves.ts";

const names = ["d1", "d2", "d3", "d4", "d5"];
let lab: Lab;

before(async () => {
  lab = await Lab.up({ name: "drain", hosts: 3 });
  await startVms(lab, "host-a", names);
  await lab
    .host("host-a")
    .api("POST /v1/vms", { body: { name: "idle", memoryMib: 32, vnc: false } });
});

after(() => Lab.down("drain"));

test("a drain without consent changes nothing", async () => {
  const { exitCode, stdout } = await lab.host("host-b").ferry(["host", "drain", "host-a"]);
  assert.equal(exitCode, 2);
  assert.match(stdout, /5 VMs would leave/);
  const { drained } = await lab.host("host-a").api("GET /v1/host/drain");
  assert.equal(drained, false);
});

test("a drained host is empty of running VMs, its limits were kept, and none starts there", async () => {
  const { exitCode, stdout, stderr } = await lab
    .host("host-b")
    .ferry(["host", "drain", "host-a", "--yes"]);
  assert.equal(exitCode, 0, stdout + stderr);
  assert.match(stdout, /5 of 5 VMs left/);
  assert.match(stdout, /idle +it is stopped/);
  const { moves } = await lab.host("host-a").api("GET /v1/host/drain");
  const records = await allOver(
    lab,
    "host-a",
    moves.map(({ migration }) => migration),
  );
  assert.ok(mostAtOnce(records) <= 2);
  const targets = new Set(moves.map(({ target }) => target));
  assert.deepEqual([...targets].sort(), ["host-b", "host-c"]);
  const start = lab.host("host-a").api("POST /v1/vms/{vm}/start", { params: { vm: "idle" } });
  await assert.rejects(start, { code: "conflict", message: /host-a.*is drained/ });
  const back = lab
    .host("host-b")
    .api("POST /v1/migrations", { body: { vm: "d1", target: "host-a" } });
  await assert.rejects(back, { code: "precheck-failed", message: /it is drained/ });
});

test("resume --return brings back what left", async () => {
  const { exitCode, stdout, stderr } = await lab
    .host("host-c")
    .ferry(["host", "resume", "host-a", "--return", "--json"]);
  assert.equal(exitCode, 0, stderr);
  const { returns } = JSON.parse(stdout) as {
    returns: { from: string; migration: string; reason: string | null }[];
  };
  assert.deepEqual(
    returns.flatMap(({ reason }) => reason ?? []),
    [],
  );
  for (const host of ["host-b", "host-c"]) {
    const ids = returns.filter(({ from }) => from === host).map(({ migration }) => migration);
    const records = await allOver(lab, host, ids);
    assert.deepEqual(
      records.flatMap(({ error }) => error?.message ?? []),
      [],
    );
  }
  await lab.host("host-a").api("DELETE /v1/vms/{vm}", { params: { vm: "idle" } });
  await assertPlaces(lab, Object.fromEntries(names.map((name) => [name, "host-a"])));
});

test("a host is shut down: each VM goes where the plan says or ends as it says itself, and the machine only where that can be", async () => {
  const host = lab.host("host-a");
  // Two are enough to move.
  for (const vm of ["d3", "d4", "d5"]) {
    await host.api("POST /v1/vms/{vm}/power-off", { params: { vm } });
  }
  const cut = { name: "cut", memoryMib: 32, vnc: false, atHostShutdown: "power-off" } as const;
  await host.api("POST /v1/vms", { body: cut });
  await host.api("POST /v1/vms/{vm}/start", { params: { vm: "cut" } });
  const shutdown = ["host", "shutdown", "host-a"];
  const unasked = await lab.host("host-b").ferry([...shutdown, "--only-vms"]);
  assert.equal(unasked.exitCode, 2, "nobody said yes");
  assert.match(unasked.stdout, /d1 +moves to host-[bc][\s\S]*cut +loses its power/);
  const machine = await lab.host("host-b").ferry([...shutdown, "--yes"]);
  assert.equal(machine.exitCode, 6, "a lab's agent must not end the machine that it is on");
  assert.match(machine.stderr, /no service of systemd|no systemd/);
  assert.equal((await host.api("GET /v1/host/shutdown")).since, null);
  const done = await lab.host("host-b").ferry([...shutdown, "--only-vms", "--yes"]);
  assert.equal(done.exitCode, 0, done.stdout + done.stderr);
  assert.match(done.stdout, /d2 +moved to host-[bc][\s\S]*cut +powered off/);
  const { vms } = await host.api("GET /v1/vms", { query: { scope: "domain" } });
  const running = vms.filter(({ state }) => state === "running");
  assert.deepEqual(running.map(({ name }) => name).toSorted(), ["d1", "d2"]);
  assert.ok(running.every((vm) => vm.host !== "host-a"));
  const again = host.api("POST /v1/vms/{vm}/start", { params: { vm: "cut" } });
  await assert.rejects(again, { code: "conflict" });
});

test("after the boot the host is open, and what was ended for its shutdown runs again", async () => {
  const host = lab.host("host-a");
  await host.agent.stop("SIGKILL");
  // As if another kernel had started meanwhile.
  const database = new DatabaseSync(join(host.directory, "state/ferry.db"));
  database.exec(
    "UPDATE settings SET value = json_set(value, '$.bootId', 'before') WHERE key = 'shutdown'",
  );
  database.close();
  await host.agent.start();
  while ((await host.api("GET /v1/vms/{vm}", { params: { vm: "cut" } })).state !== "running") {
    await sleep(50);
  }
  assert.equal((await host.api("GET /v1/host/drain")).drained, false);
  assert.equal((await host.api("GET /v1/vms/{vm}", { params: { vm: "d3" } })).state, "stopped");
});
