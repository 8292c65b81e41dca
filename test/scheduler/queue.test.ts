/** Queue, slots and drain with real agents and QEMUs. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Lab } from "../../lab/lab.ts";
import { mostAtOnce } from "../../lab/most-at-once.ts";
import { allOver, askMove, assertPlaces, moveSlowly, startVms } from "./many-moves.ts";

let lab: Lab;
const ours = ["a1", "a2", "a3", "a4"];
const theirs = ["b1", "b2", "b3"];

before(async () => {
  lab = await Lab.up({ name: "queue", hosts: 3 });
  await startVms(lab, "host-a", ours);
  await startVms(lab, "host-b", theirs);
});

after(() => Lab.down("queue"));

const all = (names: readonly string[], host: string) =>
  Object.fromEntries(names.map((name) => [name, host]));

test("crossing moves at the limits all arrive, and no host has more than two in one direction", async () => {
  const [out, back] = await Promise.all([
    Promise.all(ours.map((vm) => askMove(lab, "host-a", vm, "host-b"))),
    Promise.all(theirs.map((vm) => askMove(lab, "host-b", vm, "host-a"))),
  ]);
  const [left, came] = await Promise.all([
    allOver(lab, "host-a", out),
    allOver(lab, "host-b", back),
  ]);
  assert.deepEqual(
    [...left, ...came].flatMap(({ error }) => error?.message ?? []),
    [],
  );
  assert.ok(mostAtOnce(left) <= 2 && mostAtOnce(came) <= 2);
  await assertPlaces(lab, { ...all(ours, "host-b"), ...all(theirs, "host-a") });
});

test("moves of two sources to one target share its slots", async () => {
  const one = await Promise.all(ours.map((vm) => askMove(lab, "host-b", vm, "host-c")));
  const other = await Promise.all(theirs.map((vm) => askMove(lab, "host-a", vm, "host-c")));
  const records = [
    ...(await allOver(lab, "host-b", one)),
    ...(await allOver(lab, "host-a", other)),
  ];
  assert.deepEqual(
    records.flatMap(({ error }) => error?.message ?? []),
    [],
  );
  const { migrations } = await lab
    .host("host-c")
    .api("GET /v1/migrations", { query: { limit: 1000 } });
  assert.equal(migrations.length, records.length);
  assert.ok(mostAtOnce(migrations) <= 2);
  await assertPlaces(lab, all([...ours, ...theirs], "host-c"));
});

test("a move that waits says for what, can be put first, and can be cancelled", async () => {
  const host = lab.host("host-c");
  const letThemRun = await moveSlowly(lab, "host-c", 1);
  const [first, second, third] = [
    await askMove(lab, "host-c", "a1", "host-a"),
    await askMove(lab, "host-c", "a2", "host-a"),
    await askMove(lab, "host-c", "a3", "host-a"),
  ];
  const waitingFor = async (id: string) =>
    (await host.api("GET /v1/migrations/{id}", { params: { id } })).waitingFor;
  assert.equal(await waitingFor(second), "waits for a free slot on host-c, 1 of 1 in use, next");
  await host.api("POST /v1/migrations/{id}/place", {
    params: { id: third },
    body: { to: "first" },
  });
  assert.equal(await waitingFor(third), "waits for a free slot on host-c, 1 of 1 in use, next");
  assert.equal(
    await waitingFor(second),
    "waits for a free slot on host-c, 1 of 1 in use, 2nd in line",
  );
  const cancelled = await host.api("POST /v1/migrations/{id}/cancel", { params: { id: second } });
  assert.equal(cancelled.state, "cancelled");
  await letThemRun();
  const records = await allOver(lab, "host-c", [first, second, third]);
  const stateOf = (id: string) => records.find((record) => record.id === id)?.state;
  assert.deepEqual([first, second, third].map(stateOf), ["completed", "cancelled", "completed"]);
});

test("settings changed by two at once: the second is told", async () => {
  const host = lab.host("host-c");
  const { generation, settings } = await host.api("GET /v1/host/settings");
  await host.api("PUT /v1/host/settings", { body: settings, generation });
  await assert.rejects(host.api("PUT /v1/host/settings", { body: settings, generation }), {
    code: "stale",
  });
  await assert.rejects(host.api("PUT /v1/host/settings", { body: settings }), {
    code: "bad-input",
  });
});
