/** Post-copy with real agents and a guest that writes faster than the link; `npm run test:post-copy` breaks more of it. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Lab } from "../../lab/lab.ts";
import { finished } from "../move/moves.ts";
import {
  assertMemory,
  hotLab,
  missesPages,
  options,
  places,
  startSlowMove,
  vm,
} from "./hot-guest.ts";

const name = "e-postcopy";
/** As long as the link is cut. */
const cutMs = 5_000;
let lab: Lab | undefined;

before(async () => {
  lab = await hotLab(name);
});

after(() => Lab.down(name));

test("where rounds do not pay the guest goes on at the target; a cut link lets it wait, and its memory is whole", async (t) => {
  if (lab === undefined) return t.skip("no device for missing pages can be made here");
  const { source, target } = await places(lab);
  const body = { vm, target: target.name, options };
  const report = await source.api("POST /v1/checks", { body });
  assert.ok(report.possible, JSON.stringify(report.findings));
  const risk = report.findings.find(({ check }) => check === "post-copy-risk");
  assert.equal(risk?.severity, "warning");
  const id = await startSlowMove(lab, source, target);
  await missesPages(lab, id);
  await lab.wire(`${target.name}.lan`).cut();
  await sleep(cutMs);
  await lab.wire(`${target.name}.lan`).restore();
  const record = await finished(lab, id);
  assert.equal(record.state, "completed", record.error?.message ?? "");
  assert.ok(record.adjustments?.some(({ action }) => action === "post-copy"));
  assert.ok(record.stages.some(({ name: stage }) => stage === "memory-postcopy"));
  await assertMemory(lab);
});
