/** What reaches a port from the world: noise, too much, and nothing at all. The agent answers the next one. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { connect as connectTls } from "node:tls";
import { startAgent } from "../../src/agent/start.ts";
import { codeOf, makeDomain, port, type RunningAgent, runAgent } from "./running-agent.ts";

/** Sends bytes to the agent's port, and resolves when the agent has closed the connection. */
async function throwAt(agent: RunningAgent, bytes: Buffer): Promise<void> {
  const socket = connect(port, agent.address);
  socket.on("error", () => undefined);
  socket.resume();
  const closed = closing(socket);
  socket.end(bytes);
  await closed;
}

/** `once` would reject on the reset that is one way to close. */
function closing(socket: Socket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.on("close", () => resolve());
  return promise;
}

test("garbage on the port closes the connection and harms nothing", async () => {
  await using a = await runAgent({ name: "host-a" });
  await makeDomain("lab", a);
  await throwAt(a, randomBytes(100_000));
  await throwAt(a, Buffer.alloc(100_000));
  await throwAt(a, Buffer.from("GET / HTTP/1.1\r\n\r\n"));
  // The beginning of a TLS record that says it is longer than any.
  await throwAt(a, Buffer.from([22, 3, 1, 255, 255, 1, 255, 255, 255]));
  await throwAt(a, Buffer.alloc(0));
  await a.good("GET /health", { tls: {} });
});

test("garbage inside TLS closes the connection and harms nothing", async () => {
  await using a = await runAgent({ name: "host-a" });
  await makeDomain("lab", a);
  for (const bytes of [randomBytes(100_000), Buffer.from("GET /health HTTP/9.9\r\nx\r\n\r\n")]) {
    const socket = connectTls({ host: a.address, port, rejectUnauthorized: false });
    socket.on("error", () => undefined);
    socket.resume();
    await once(socket, "secureConnect");
    const closed = closing(socket);
    socket.end(bytes);
    await closed;
  }
  await a.good("GET /health", { tls: {} });
});

test("the port speaks TLS 1.3 and nothing older", async () => {
  await using a = await runAgent({ name: "host-a" });
  await makeDomain("lab", a);
  const old = { host: a.address, port, rejectUnauthorized: false, maxVersion: "TLSv1.2" } as const;
  const [error] = (await once(connectTls(old), "error")) as [NodeJS.ErrnoException];
  assert.match(error.code ?? "", /SSL|RESET/);
});

test("before there is a domain the agent serves its socket and no port", async () => {
  await using a = await runAgent({ name: "host-a" });
  const [error] = (await once(connect(port, a.address), "error")) as [NodeJS.ErrnoException];
  assert.equal(error.code, "ECONNREFUSED");
  await a.good("GET /health");
});

test("a body that is too large, no JSON, or poisoned is refused with a remedy", async () => {
  await using a = await runAgent({ name: "host-a" });
  const large = { name: "web01", description: "x".repeat(300_000) };
  const answers = [
    await a.ask("POST /v1/vms", { body: large }),
    await a.ask("POST /v1/vms", { body: {}, headers: { "content-type": "text/plain" } }),
    await a.ask("POST /v1/vms", { body: "no object" }),
    await a.ask("POST /v1/vms"),
    await a.ask("POST /v1/vms", { body: { name: "../web01" } }),
    await a.ask("POST /v1/vms", { body: { name: "web01", memoryMib: 0 } }),
    await a.ask("POST /v1/vms", { body: { name: "web01", unknown: 1 } }),
    await a.ask("POST /v1/pools", { body: { name: "p", path: "relative" } }),
    await a.ask("GET /v1/migrations?limit=many"),
    await a.ask("GET /v1/vms?scope=world"),
  ];
  for (const answer of answers) {
    assert.equal(codeOf(answer), "bad-input", JSON.stringify(answer.body));
    const { error } = answer.body as { error: { remedy?: string } };
    assert.ok(error.remedy, JSON.stringify(answer.body));
  }
  assert.deepEqual(await a.good("GET /v1/vms"), { vms: [], unreachable: [] });
});

test("what does not exist is said to, with a remedy", async () => {
  await using a = await runAgent({ name: "host-a" });
  await makeDomain("lab", a);
  for (const route of [
    "GET /v1/vms/web01",
    "POST /v1/vms/web01/start",
    "DELETE /v1/vms/web01",
    "GET /v1/vms?host=host-z",
    "GET /v1/pools/p/files",
    "DELETE /v1/pools/p",
    "DELETE /v1/switches/s",
    "DELETE /v1/tokens/t",
    "DELETE /v1/hosts/host-z",
    "DELETE /v1/domain/trusts/other",
    "GET /v1/migrations/00000000-0000-4000-8000-000000000000",
    "GET /v1/nothing",
  ]) {
    const answer = await a.ask(route);
    assert.equal(codeOf(answer), "not-found", `${route}: ${JSON.stringify(answer.body)}`);
    const { error } = answer.body as { error: { remedy?: string } };
    assert.ok(error.remedy, route);
  }
});

test("a second agent on the same state is refused, and the first one goes on", async () => {
  await using a = await runAgent({ name: "host-a" });
  await assert.rejects(startAgent(a.config), { code: "in-use" });
  await a.good("GET /health");
});

test("an agent on a taken port does not start, and leaves no socket behind", async () => {
  await using a = await runAgent({ name: "host-a" });
  await makeDomain("lab", a);
  await a.stop();
  const server = createServer();
  server.listen(port, a.address);
  await once(server, "listening");
  await assert.rejects(a.start(), { code: "in-use" });
  assert.equal(existsSync(a.socketPath), false);
  server.close();
  await once(server, "close");
  await a.start();
  await a.good("GET /health", { tls: {} });
});
