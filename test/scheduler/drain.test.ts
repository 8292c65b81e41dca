/** A host is emptied and filled again, with the command line as an administrator uses it. */
import assert from "node:assert/strict";
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
