/** Sessions on workers that waited for them: as any other, and again after one is over. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import { openSourceSession, openTargetSession } from "../../src/session/open.ts";
import { SpareWorkers } from "../../src/session/spare-workers.ts";
import { carry, openPair, owner, pairOptions } from "./session-pair.ts";

test("sessions one after the other, and two at once, each have a worker", async () => {
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

test("a worker whose session is over, whatever was under way in it, serves the next one", async () => {
  await using spare = new SpareWorkers();
  const served: number[] = [];
  const workers = {
    take() {
      const worker = spare.take();
      served.push(worker.threadId);
      return worker;
    },
    giveBack: (worker: Worker) => spare.giveBack(worker),
  };
  for (let move = 0; move < 3; move++) {
    await using pair = await openPair({ workers });
    const { near } = await carry(pair, "memory");
    near.write(Buffer.alloc(1_000_000));
    await pair.source.carryListening("disk:root", join(pair.directory, "nobody-comes"), owner);
  }
  // The target of a move takes the spare one, its source a fresh one.
  for (const move of [1, 2]) {
    const before = served.slice(0, 2 * move);
    const target = served[2 * move] ?? Number.NaN;
    assert.ok(before.includes(target), `thread ${target} is none of ${before.join(", ")}`);
  }
});

test("spare workers that are not needed any more end at any moment of their rehearsal, and nothing with them", async () => {
  for (let moment = 0; moment < 6; moment++) {
    await using workers = new SpareWorkers();
    assert.ok(workers);
    await sleep(moment * 80);
  }
});
