/** The events of a whole domain over one connection, and what it says of hosts that come and go. */
import assert from "node:assert/strict";
import { type IncomingMessage, request } from "node:http";
import { test } from "node:test";
import { EventStreamParser } from "../../src/api/event-stream-parser.ts";
import type { FerryEvent } from "../../src/api/schema/event.ts";
import { makeDomain, type RunningAgent, runAgent } from "./running-agent.ts";
import { patienceMs } from "../../lab/patience.ts";

/** The events of the domain as they come, until nobody wants more. */
async function* domainEvents({ socketPath }: RunningAgent): AsyncGenerator<FerryEvent> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const signal = AbortSignal.timeout(patienceMs);
  request({ socketPath, path: "/v1/events?scope=domain", signal })
    .on("response", resolve)
    .on("error", reject)
    .end();
  const parser = new EventStreamParser();
  for await (const piece of (await promise) as AsyncIterable<Buffer>) {
    for (const { data } of parser.feed(piece)) yield JSON.parse(data) as FerryEvent;
  }
}

async function until(
  events: AsyncGenerator<FerryEvent>,
  accepts: (event: FerryEvent) => boolean,
): Promise<FerryEvent> {
  for (;;) {
    const next = await events.next();
    if (next.done === true) throw new Error("the stream ended");
    if (accepts(next.value)) return next.value;
  }
}

test("one stream tells what happens on every host, and which of them are away", async () => {
  await using a = await runAgent({ name: "host-a" });
  await using b = await runAgent({ name: "host-b" });
  await makeDomain("lab", a, b);
  const events = domainEvents(a);
  await until(events, ({ type, host }) => type === "host.followed" && host === "host-b");
  const made = (on: RunningAgent, name: string) =>
    on.good("POST /v1/tokens", { body: { name, role: "viewer" } });
  await made(b, "there");
  await made(a, "here");
  const heard = new Set<string>();
  await until(events, ({ type, host }) => {
    if (type === "token.created" && host !== undefined) heard.add(host);
    return heard.size === 2;
  });
  await b.stop();
  const lost = await until(events, ({ type }) => type === "host.lost");
  assert.equal(lost.host, "host-b");
  await b.start();
  await until(events, ({ type }) => type === "host.followed");
  await made(b, "again");
  const again = await until(events, ({ type }) => type === "token.created");
  assert.deepEqual([again.host, again.id], ["host-b", null]);
});
