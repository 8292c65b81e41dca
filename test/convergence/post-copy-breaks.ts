/** Post-copy while agents die and stages fail: `npm run test:post-copy`. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Lab } from "../../lab/lab.ts";
import { finished } from "../move/moves.ts";
import { assertMemory, hotLab, missesPages, places, startSlowMove, vm } from "./hot-guest.ts";

const name = "e-pcbreaks";
let lab: Lab | undefined;

before(async () => {
  lab = await hotLab(name);
});

after(() => Lab.down(name));

for (const role of ["source", "target"] as const) {
  test(`the ${role}'s agent is killed while pages are missing: the next one goes on`, async (t) => {
    if (lab === undefined) return t.skip("no device for missing pages can be made here");
    const found = await places(lab);
    const id = await startSlowMove(lab, found.source, found.target);
    await missesPages(lab, id);
    await found[role].agent.stop("SIGKILL");
    await found[role].agent.start();
    const record = await finished(lab, id);
    assert.equal(record.state, "completed", record.error?.message ?? "");
    await assertMemory(lab);
    const { host, state } = await found.target.api("GET /v1/vms/{vm}", { params: { vm } });
    assert.deepEqual({ host, state }, { host: found.target.name, state: "running" });
  });
}

for (const { point, action } of [
  { point: "target:storage-handover:inside", action: "fail" },
  { point: "source:storage-handover:before", action: "crash" },
] as const) {
  test(`${point} ${action}s after the switch, before the handover: the guest goes on at the source`, async (t) => {
    if (lab === undefined) return t.skip("no device for missing pages can be made here");
    const { source, target } = await places(lab);
    const struck = point.startsWith("source") ? source : target;
    await struck.api("POST /v1/faults", { body: { point, action } });
    const id = await startSlowMove(lab, source, target);
    if (action === "crash") {
      while ((await struck.agent.pid()) !== undefined) await sleep(100);
      await struck.agent.start();
    }
    const record = await finished(lab, id);
    assert.equal(record.state, "failed");
    await assertMemory(lab);
    const { host, state } = await source.api("GET /v1/vms/{vm}", { params: { vm } });
    assert.deepEqual({ host, state }, { host: source.name, state: "running" });
  });
}
