/** The event stream over real connections: live, replayed, relayed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiClient } from "../../src/api/client.ts";
import type { FerryEvent } from "../../src/api/schema/event.ts";
import { makeDomain, type RunningAgent, runAgent } from "./running-agent.ts";
import { nextEvent } from "./watch-events.ts";
import { patienceMs } from "../../lab/patience.ts";

async function makeTokens(agent: RunningAgent, ...names: string[]): Promise<void> {
  for (const name of names) await agent.good("POST /v1/tokens", { body: { name, role: "viewer" } });
}

function nameIn({ data }: FerryEvent): string {
  return (data as { name: string }).name;
}

test("a watcher hears what happens, without what was before", async () => {
  await using a = await runAgent({ name: "host-a" });
  await makeTokens(a, "before");
  using client = new ApiClient({ kind: "socket", path: a.socketPath });
  const signal = AbortSignal.timeout(patienceMs);
  const events = client.events({ signal });
  const first = events.next();
  // The stream says nothing until something happens: tokens are made until it has begun to listen.
  const heard = first.then(({ value }) => value as FerryEvent);
  let count = 0;
  let done = false;
  void heard.then(() => {
    done = true;
  });
  while (!done) {
    count += 1;
    await makeTokens(a, `t${count}`);
  }
  const event = await heard;
  assert.equal(event.type, "token.created");
  assert.notEqual(nameIn(event), "before");
  await events.return(undefined);
});

test("a watcher that comes back with the last id misses nothing and hears nothing twice", async () => {
  await using a = await runAgent({ name: "host-a" });
  await makeTokens(a, "one", "two", "three");
  const one = await nextEvent(a, (event) => nameIn(event) === "one");
  const seen: string[] = [];
  await nextEvent(
    a,
    (event) => {
      seen.push(nameIn(event));
      return nameIn(event) === "three";
    },
    String(one.id),
  );
  assert.deepEqual(seen, ["two", "three"]);
});

test("events outlive a restart of the agent, and a watcher reconnects by itself", async () => {
  await using a = await runAgent({ name: "host-a" });
  await makeTokens(a, "one");
  using client = new ApiClient({ kind: "socket", path: a.socketPath });
  const events = client.events({ signal: AbortSignal.timeout(patienceMs), lastEventId: "0" });
  const next = async () => nameIn((await events.next()).value as FerryEvent);
  assert.equal(await next(), "one");
  await a.restart();
  await makeTokens(a, "two");
  assert.equal(await next(), "two");
  await events.return(undefined);
});

test("another host's events come through the one at hand", async () => {
  await using a = await runAgent({ name: "host-a" });
  await using b = await runAgent({ name: "host-b" });
  await makeDomain("lab", a, b);
  using client = new ApiClient({ kind: "socket", path: a.socketPath });
  const signal = AbortSignal.timeout(patienceMs);
  await makeTokens(b, "on-b");
  for await (const event of client.events({ signal, host: "host-b", lastEventId: "0" })) {
    if (event.type === "token.created" && nameIn(event) === "on-b") break;
  }
});

test("an id that is none is refused", async () => {
  await using a = await runAgent({ name: "host-a" });
  const answer = await a.ask("GET /v1/events", { headers: { "last-event-id": "x" } });
  assert.equal(answer.status, 400);
});
