/** Who gets in: over the socket, with tokens of each role, and with nothing. */
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { test } from "node:test";
import { accessTable } from "../../src/api/auth.ts";
import { type Role, roles } from "../../src/api/schema/token.ts";
import { codeOf, makeDomain, type RunningAgent, runAgent } from "./running-agent.ts";

async function tokenFor(agent: RunningAgent, role: Role): Promise<string> {
  const made = await agent.good<{ secret: string }>("POST /v1/tokens", {
    body: { name: role, role },
  });
  return made.secret;
}

/** A request of the route that nobody would be granted anything by: every name in it is unknown. */
function harmless(route: string): string {
  return route.replaceAll(/\{\w+\}/g, "00000000-0000-4000-8000-000000000000");
}

test("over TLS every route but the open ones asks who is there", async () => {
  await using a = await runAgent({ name: "host-a" });
  await makeDomain("lab", a);
  for (const [route, access] of Object.entries(accessTable)) {
    const answer = await a.ask(harmless(route), { tls: {} });
    const refused = codeOf(answer) === "unauthenticated";
    assert.equal(refused, access !== "anyone", `${route}: ${answer.status}`);
  }
});

test("a token opens what its role may do, and nothing above it", async () => {
  await using a = await runAgent({ name: "host-a" });
  await makeDomain("lab", a);
  for (const role of roles) {
    const token = await tokenFor(a, role);
    for (const [route, access] of Object.entries(accessTable)) {
      if (access === "anyone" || route === "GET /v1/events") continue;
      const rank = (roles as readonly string[]).indexOf(access);
      const granted = rank >= 0 && rank <= roles.indexOf(role);
      // A body that no route takes: what is granted ends as bad input, before anything is done.
      const body = route.startsWith("GET") ? undefined : { nonsense: true };
      const answer = await a.ask(harmless(route), { tls: { token }, body });
      assert.equal(codeOf(answer) === "forbidden", !granted, `${role} ${route}: ${answer.status}`);
    }
    if (role !== "administrator") continue;
    // The tour above drains, resumes and so on only with a body that is refused; the host is as it was.
    assert.equal((await a.ask("GET /v1/vms", { tls: { token } })).status, 200);
  }
});

test("a wrong token, and a deleted one, are nobody's", async () => {
  await using a = await runAgent({ name: "host-a" });
  await makeDomain("lab", a);
  const token = await tokenFor(a, "viewer");
  await a.good("GET /v1/vms", { tls: { token } });
  const wrong = `${token.slice(0, -1)}${token.endsWith("A") ? "B" : "A"}`;
  assert.equal(codeOf(await a.ask("GET /v1/vms", { tls: { token: wrong } })), "unauthenticated");
  await a.good("DELETE /v1/tokens/viewer");
  assert.equal(codeOf(await a.ask("GET /v1/vms", { tls: { token } })), "unauthenticated");
});

test("a caller can't raise its role by saying for whom it asks", async () => {
  await using a = await runAgent({ name: "host-a" });
  await makeDomain("lab", a);
  const token = await tokenFor(a, "viewer");
  const headers = { "ferry-on-behalf-of": "administrator root" };
  const body = { name: "x", role: "administrator" };
  const answer = await a.ask("POST /v1/tokens", { tls: { token }, headers, body });
  assert.equal(codeOf(answer), "forbidden");
});

test("the socket is the agent's user's alone where no group is named", async () => {
  await using a = await runAgent({ name: "host-a" });
  assert.equal(statSync(a.socketPath).mode & 0o777, 0o600);
});

test("the socket opens to the group that the configuration names", async () => {
  await using a = await runAgent({
    name: "host-a",
    configure: (config) => {
      config.api.socketGroup = "daemon";
    },
  });
  const { mode, gid } = statSync(a.socketPath);
  assert.deepEqual([mode & 0o777, gid], [0o660, 1]);
});
