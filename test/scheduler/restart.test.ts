/** The queue outlives agents, of the source and of the target, and changes to a VM never mix with its move. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Lab } from "../../lab/lab.ts";
import { allOver, askMove, assertPlaces, moveSlowly, startVms } from "./many-moves.ts";

const names = ["r1", "r2", "r3", "r4"];
let lab: Lab;

before(async () => {
  lab = await Lab.up({ name: "requeue" });
  await startVms(lab, "host-a", names);
});

after(() => Lab.down("requeue"));

for (const restarted of ["host-a", "host-b"] as const) {
  test(`the agent of ${restarted} killed in the middle of a full queue: the queue goes on`, async () => {
    const letThemRun = await moveSlowly(lab, "host-a", 1);
    const ids: string[] = [];
    for (const vm of names) ids.push(await askMove(lab, "host-a", vm, "host-b"));
    await lab.host(restarted).agent.stop("SIGKILL");
    await lab.host(restarted).agent.start();
    await letThemRun();
    const records = await allOver(lab, "host-a", ids);
    const [first, ...queued] = ids.map((id) => records.find((record) => record.id === id)?.state);
    // What moved at that moment is taken back; what waited arrives.
    assert.ok(first === "failed" || first === "completed", String(first));
    assert.deepEqual(queued, ["completed", "completed", "completed"]);
    const { vms } = await lab.host("host-a").api("GET /v1/vms", { query: { scope: "domain" } });
    const back = vms.map(
      ({ name, host }) => [name, host === "host-b" ? "host-a" : "host-b"] as const,
    );
    const returning = back.filter(([, target]) => target === "host-a").map(([name]) => name);
    const returns: string[] = [];
    for (const vm of returning) returns.push(await askMove(lab, "host-b", vm, "host-a"));
    const returned = await allOver(lab, "host-b", returns);
    assert.deepEqual(
      returned.flatMap(({ error }) => error?.message ?? []),
      [],
    );
    await assertPlaces(lab, Object.fromEntries(names.map((name) => [name, "host-a"])));
  });
}

test("while a VM moves, nothing else is done to it: each request is refused with the reason", async () => {
  const host = lab.host("host-a");
  const letThemRun = await moveSlowly(lab, "host-a", 1);
  const [running, waiting] = [
    await askMove(lab, "host-a", "r1", "host-b"),
    await askMove(lab, "host-a", "r2", "host-b"),
  ];
  const params = { vm: "r1" };
  const { definition } = await host.api("GET /v1/vms/{vm}", { params });
  const busy = { code: "busy" };
  await assert.rejects(host.api("PUT /v1/vms/{vm}", { params, body: definition }), busy);
  await assert.rejects(host.api("DELETE /v1/vms/{vm}", { params }), busy);
  await assert.rejects(host.api("POST /v1/vms/{vm}/restart", { params }), busy);
  await assert.rejects(host.api("POST /v1/vms/{vm}/power-off", { params }), busy);
  await assert.rejects(askMove(lab, "host-a", "r2", "host-b"), {
    code: "busy",
    message: /waits already/,
  });
  await assert.rejects(askMove(lab, "host-a", "r1", "host-b"), (error: { code?: string }) => {
    return error.code === "busy" || error.code === "precheck-failed";
  });
  // A VM that waits is not held: it may change, and is checked again when its turn comes.
  await host.api("POST /v1/vms/{vm}/power-off", { params: { vm: "r2" } });
  await letThemRun();
  const records = await allOver(lab, "host-a", [running, waiting]);
  const state = (id: string) => records.find((record) => record.id === id);
  assert.equal(state(running)?.state, "completed");
  assert.equal(state(waiting)?.state, "failed");
  assert.match(state(waiting)?.error?.message ?? "", /stopped|running/);
});
