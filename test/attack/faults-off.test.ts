/** Rehearsals ship with the product; whoever has not switched them on has none. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { codeOf, type RunningAgent, runAgent } from "../api/running-agent.ts";

async function armed(agent: RunningAgent): Promise<unknown> {
  return (await agent.good<{ faults: unknown }>("GET /v1/faults")).faults;
}

test("no fault can be armed on an agent whose configuration does not say so, not even by its administrator", async () => {
  await using agent = await runAgent({ name: "host-a" });
  const body = { point: "source:setup:inside", action: "crash" };
  const refused = await agent.ask("POST /v1/faults", { body });
  assert.equal(codeOf(refused), "forbidden");
  assert.match(JSON.stringify(refused.body), /faultInjection/);
  assert.deepEqual(await armed(agent), []);
});

test("where it is switched on a fault waits for its point, and is forgotten when told", async () => {
  const configure = (config: { faultInjection: boolean | "repeat" }): void => {
    config.faultInjection = true;
  };
  await using agent = await runAgent({ name: "host-b", configure });
  const body = { point: "target:journal-owner:after", action: "pause" };
  await agent.good("POST /v1/faults", { body });
  assert.deepEqual(await armed(agent), [{ ...body, state: "armed" }]);
  await agent.good("DELETE /v1/faults");
  assert.deepEqual(await armed(agent), []);
  const nowhere = { ...body, point: "target:lunch:after" };
  const refused = await agent.ask("POST /v1/faults", { body: nowhere });
  assert.equal(codeOf(refused), "bad-input");
  assert.match(JSON.stringify(refused.body), /ferry fault points/);
  const wrong = { ...body, action: "explode" };
  assert.equal(codeOf(await agent.ask("POST /v1/faults", { body: wrong })), "bad-input");
});
