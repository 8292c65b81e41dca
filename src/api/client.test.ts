import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { ApiClient } from "./client.ts";
import type { FerryEvent } from "./schema/event.ts";

/** A server that speaks HTTP as the test wants, on a unix socket of its own. */
async function serve(listener: RequestListener) {
  const directory = await mkdtemp(join(tmpdir(), "ferry-client-"));
  const path = join(directory, "agent.sock");
  const server = createServer(listener).listen(path);
  await once(server, "listening");
  const client = new ApiClient({ kind: "socket", path });
  return {
    client,
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]();
      server.closeAllConnections();
      server.close();
      await rm(directory, { recursive: true });
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  return JSON.parse(Buffer.concat(await request.toArray()).toString()) as unknown;
}

test("call fills the path, sends query, body and host, and gives the answer", async () => {
  const seen: unknown[] = [];
  await using agent = await serve((request, response) => {
    void (async () => {
      const { method, url, headers } = request;
      const body = method === "POST" ? await bodyOf(request) : undefined;
      seen.push([method, url, headers["ferry-host"], body]);
      response.end(JSON.stringify({ name: "web01" }));
    })();
  });
  const answer = await agent.client.call("POST /v1/vms/{vm}/shutdown", {
    params: { vm: "web 01" },
    body: { timeoutMs: 5 },
    host: "host-b",
  });
  assert.deepEqual(answer, { name: "web01" });
  await agent.client.call("GET /v1/migrations", { query: { vm: "web01", limit: 3 } });
  assert.deepEqual(seen, [
    ["POST", "/v1/vms/web%2001/shutdown", "host-b", { timeoutMs: 5 }],
    ["GET", "/v1/migrations?vm=web01&limit=3", undefined, undefined],
  ]);
});

test("a name that would lead to another path is refused before anything is sent", async () => {
  const client = new ApiClient({ kind: "socket", path: "/nowhere" });
  for (const vm of ["", ".", ".."]) {
    await assert.rejects(client.call("GET /v1/vms/{vm}", { params: { vm } }), {
      code: "bad-input",
    });
  }
});

test("the agent's error arrives whole: code, message, remedy, details", async () => {
  const error = { code: "in-use", message: "Cannot x", remedy: "Do y", details: { by: "vm1" } };
  await using agent = await serve((_, response) => {
    response.writeHead(409).end(JSON.stringify({ error }));
  });
  await assert.rejects(agent.client.call("GET /v1/host"), error);
});

test("an error code of a newer agent keeps its message", async () => {
  await using agent = await serve((_, response) => {
    response.writeHead(418).end(JSON.stringify({ error: { code: "teapot", message: "I am one" } }));
  });
  await assert.rejects(agent.client.call("GET /v1/host"), {
    code: "internal",
    message: "I am one",
  });
});

test("an answer that is not an agent's is peer-protocol, whatever its status", async () => {
  for (const [status, text] of [
    [200, "<html>"],
    [502, "<html>"],
    [500, "{}"],
    [500, ""],
  ] as const) {
    await using agent = await serve((_, response) => {
      response.writeHead(status).end(text);
    });
    await assert.rejects(agent.client.call("GET /v1/host"), { code: "peer-protocol" });
  }
});

test("an answer that breaks off is unreachable, not half an answer", async () => {
  await using agent = await serve((_, response) => {
    response.writeHead(200, { "content-length": 1000 });
    response.write('{"hosts":', () => response.destroy());
  });
  await assert.rejects(agent.client.call("GET /v1/hosts"), { code: "unreachable" });
});

test("no agent at the socket is unreachable, and the remedy says how to start it", async () => {
  const client = new ApiClient({ kind: "socket", path: join(tmpdir(), "no-such-ferry.sock") });
  await assert.rejects(client.call("GET /v1/host"), { code: "unreachable", remedy: /systemctl/ });
});

test("an agent that does not answer is a timeout at the deadline", async () => {
  await using agent = await serve(() => {});
  await assert.rejects(agent.client.call("GET /v1/host", { timeoutMs: 20 }), { code: "timeout" });
});

test("an abort by the caller is the caller's reason", async () => {
  await using agent = await serve(() => {});
  const reason = new Error("enough");
  await assert.rejects(
    agent.client.call("GET /v1/host", { signal: AbortSignal.abort(reason) }),
    reason,
  );
});

test("events go on after a broken connection where they stopped", async () => {
  const asked: unknown[] = [];
  await using agent = await serve((request, response) => {
    const last = request.headers["last-event-id"];
    asked.push(last);
    response.writeHead(200, { "content-type": "text/event-stream" });
    const next = last === undefined ? 1 : Number(last) + 1;
    const event = { id: next, at: 0, type: "vm.state", subject: "v", data: {} };
    response.write(`retry: 1\n\nid: ${next}\nevent: vm.state\ndata: ${JSON.stringify(event)}\n\n`);
    // First an orderly end, then a broken one.
    if (next === 1) response.end();
    else setImmediate(() => response.destroy());
  });
  const stop = new AbortController();
  const ids: FerryEvent["id"][] = [];
  const follow = async () => {
    for await (const event of agent.client.events({ signal: stop.signal })) {
      ids.push(event.id);
      if (ids.length === 3) stop.abort();
    }
  };
  await assert.rejects(follow(), { name: "AbortError" });
  assert.deepEqual(ids, [1, 2, 3]);
  assert.deepEqual(asked.slice(0, 3), [undefined, "1", "2"]);
});

test("an agent that refuses its events is not asked again", async () => {
  let asked = 0;
  await using agent = await serve((_, response) => {
    asked += 1;
    const error = { code: "unauthenticated", message: "Cannot x" };
    response.writeHead(401).end(JSON.stringify({ error }));
  });
  const events = agent.client.events({ signal: new AbortController().signal });
  await assert.rejects(events.next(), { code: "unauthenticated" });
  assert.equal(asked, 1);
});
