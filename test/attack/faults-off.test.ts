/** Rehearsals ship with the product; whoever has not switched them on has none. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { codeOf, runAgent } from "../api/running-agent.ts";

test("no fault can be armed on an agent whose configuration does not say so, not even by its administrator", async () => {
  await using agent = await runAgent({ name: "host-a" });
  const body = { point: "source:setup:inside", action: "crash" };
  const refused = await agent.ask("POST /v1/faults", { body });
  assert.equal(codeOf(refused), "forbidden");
  assert.match(JSON.stringify(refused.body), /faultInjection/);
  assert.deepEqual(await agent.good("GET /v1/faults"), { faults: [] });
});

test("where it is switched on a fault waits for its point, and is forgotten when told", async () => {
  const configure = (config: { faultInjection: boolean | "repeat" }): void => {
    config.faultInjection = true;
  };
  await using agent = await runAgent({ name: "host-b", configure });
  const body = { point: "target:journal-owner:after", action: "pause" };
  await agent.good("POST /v1/faults", { body });
  assert.deepEqual(await agent.good("GET /v1/faults"), { faults: [{ ...body, state: "armed" }] });
  await agent.good("DELETE /v1/faults");
  assert.deepEqual(await agent.good("GET /v1/faults"), { faults: [] });
  const wrong = { ...body, action: "explode" };
  assert.equal(codeOf(await agent.ask("POST /v1/faults", { body: wrong })), "bad-input");
});
