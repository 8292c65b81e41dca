/** Whoever can reach the port, with a certificate of the domain or without any: bounded, refused, and the agent serves the next one. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { connect, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { connect as connectTls } from "node:tls";
import fc from "fast-check";
import { accessTable } from "../../src/api/auth.ts";
import {
  type Ask,
  codeOf,
  makeDomain,
  port,
  type RunningAgent,
  runAgent,
} from "../api/running-agent.ts";
import { authorityOf, credentials } from "../trust/made-credentials.ts";

let agent: RunningAgent;
let host: { key: string; cert: string };

before(async () => {
  agent = await runAgent({ name: "host-a" });
  await makeDomain("lab", agent);
  host = await credentials(authorityOf(agent));
});

after(() => agent?.[Symbol.asyncDispose]());

/** Ends the agent, or goes on for ever. */
const unasked = new Set(["GET /v1/events", "GET /metrics"]);
const routes = Object.keys(accessTable).filter((key) => !unasked.has(key));

const parameter = fc.oneof(
  fc.constant("web01"),
  fc.uuid(),
  fc.string({ maxLength: 40, unit: "binary-ascii" }).map(encodeURIComponent),
  fc.constantFrom("..", "%2e%2e%2f", "%00", "a".repeat(5_000)),
);

/** Mostly the right names with wrong values: what is far from right is refused at the door. */
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(
    -1,
    0,
    1e308,
    "",
    "../../etc/passwd",
    "web01",
    "host-b",
    null,
    [],
    {},
    "x".repeat(10_000),
  ),
);
const body = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  fc.dictionary(
    fc.constantFrom(
      ...[
        "vm",
        "target",
        "name",
        "path",
        "token",
        "options",
        "memoryMib",
        "disks",
        "pool",
        "point",
        "action",
      ],
      ...[
        "generation",
        "migrationId",
        "vmId",
        "vmName",
        "source",
        "versions",
        "word",
        "roster",
        "certificateRequest",
      ],
    ),
    value,
    { maxKeys: 6 },
  ),
);

/** Every answer is a good one, or an error of the table: never a fault of Ferry's own. */
async function assertAnswered(route: string, how: Ask): Promise<void> {
  const answer = await agent.ask(route, how);
  assert.notEqual(
    codeOf(answer),
    "internal",
    `${route} ${JSON.stringify(how.body)}: ${JSON.stringify(answer.body)}`,
  );
  if (answer.status >= 400 && answer.status !== 404) assert.ok(codeOf(answer) !== undefined, route);
}

function filled(route: string, value: string): string {
  return route.replaceAll(/\{\w+\}/g, value || "x");
}

for (const [who, credentialsOf] of [
  ["the administrator", () => undefined],
  ["a host with a valid certificate", () => host],
  ["a stranger", () => ({})],
] as const) {
  test(`any request of ${who} is answered or refused, on every route`, async () => {
    const runs = fc.asyncProperty(
      fc.constantFrom(...routes),
      parameter,
      body,
      async (route, word, content) => {
        // The domain has to stay as it is for the other tests.
        fc.pre(!(who === "the administrator" && /\/v1\/(domain|drain|host)/.test(route)));
        const tls = credentialsOf();
        const withBody = /^(POST|PUT|PATCH)/.test(route) ? { body: content } : {};
        await assertAnswered(filled(route, word), { ...withBody, ...(tls && { tls }) });
      },
    );
    await fc.assert(runs, { numRuns: 120 });
    await agent.good("GET /health", { tls: {} });
  });
}

test("a host's word on a migration that it has no part in, or that nobody knows, changes nothing", async () => {
  for (const word of ["take", "discard", "disown"]) {
    const route = `POST /v1/peer/migrations/${randomUUID()}/${word}`;
    const asked = word === "discard" ? { tls: host } : { tls: host, body: { generation: 2 } };
    const { last } = await agent.good<{ last: unknown }>(route, asked);
    assert.equal(last, null);
  }
  assert.deepEqual((await agent.good<{ vms: unknown[] }>("GET /v1/vms")).vms, []);
});

test("a host that opens sessions and never comes is bounded, and others are still answered", async () => {
  const open = (): Promise<{ status: number; body: unknown }> =>
    agent.ask("POST /v1/peer/sessions", {
      tls: host,
      body: {
        ...{ migrationId: randomUUID(), vmId: randomUUID(), vmName: "web01" },
        ...{ generation: 1, source: "host-x", versions: [1, 2, 3] },
      },
    });
  const answers: string[] = [];
  for (let count = 0; count < 40; count++) {
    const answer = await open();
    answers.push(answer.status < 300 ? "opened" : (codeOf(answer as never) ?? "?"));
  }
  const opened = answers.filter((answer) => answer === "opened").length;
  assert.ok(opened <= 32, `${opened} sessions wait`);
  assert.match(answers.at(-1) ?? "", /busy|in-use|not-found|conflict|peer-refused/);
  await agent.good("GET /health", { tls: {} });
});

/** A connection that says it will speak, and does not. */
async function slow(from: string, text: string): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect({ host: agent.address, port, localAddress: from });
  socket.on("error", () => undefined);
  socket.once("connect", () => resolve(socket));
  socket.once("error", reject);
  await promise;
  if (text !== "") socket.write(text);
  return socket;
}

test("connections that hold their place are closed, and one address cannot take them all", async () => {
  const mute = await Promise.all(Array.from({ length: 300 }, () => slow("127.0.0.9", "")));
  const closed = (): number => mute.filter((socket) => socket.readyState === "closed").length;
  mute.forEach((socket) => socket.resume());
  // From another address the agent answers meanwhile.
  await agent.good("GET /health", { tls: {} });
  while (closed() < 44) await new Promise((resolve) => setTimeout(resolve, 20));
  for (const socket of mute) socket.destroy();
});

test("a head that comes a byte at a time is cut off, and what came of it is not answered", async () => {
  const { promise, resolve } = Promise.withResolvers<number>();
  const begun = performance.now();
  const socket = connectTls({ host: agent.address, port, rejectUnauthorized: false }, () => {
    socket.write("GET /health HTTP/1.1\r\n");
    const drip = setInterval(() => socket.write("x"), 500);
    socket.once("close", () => {
      clearInterval(drip);
      resolve(performance.now() - begun);
    });
  });
  socket.on("error", () => undefined);
  socket.resume();
  const heldMs = await promise;
  assert.ok(heldMs < 60_000);
});
