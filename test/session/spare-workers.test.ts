/** Sessions on workers that waited for them: as any other, and again after one is over. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { openSourceSession, openTargetSession } from "../../src/session/open.ts";
import { SpareWorkers } from "../../src/session/spare-workers.ts";
import { pairOptions } from "./session-pair.ts";

test("sessions one after the other, and two at once, each have a worker of their own", async () => {
  await using workers = new SpareWorkers();
  for (let move = 0; move < 2; move++) {
    const ends = await pairOptions();
    await using target = await openTargetSession({ ...ends.target, workers });
    const { port, ticket } = target;
    await using source = await openSourceSession({ ...ends.source, port, ticket, workers });
    await target.connected({ timeoutMs: 10_000 });
    source.send({ type: "receive" });
    assert.deepEqual(await target.receive("receive", { timeoutMs: 10_000 }), { type: "receive" });
  }
});

test("spare workers that are not needed any more end at any moment of their rehearsal, and nothing with them", async () => {
  for (let moment = 0; moment < 6; moment++) {
    await using workers = new SpareWorkers();
    assert.ok(workers);
    await sleep(moment * 80);
  }
});
