/** Logging in at the console: by token and by one-time link, what a cookie opens, and from where. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Session, SessionLink } from "../../src/api/schema/session.ts";
import type { Role } from "../../src/api/schema/token.ts";
import { type Answer, codeOf, makeDomain, type RunningAgent, runAgent } from "./running-agent.ts";

async function linkOf(agent: RunningAgent, role: Role): Promise<string> {
  const link = await agent.good<SessionLink>("POST /v1/session/links", {
    body: { name: "ada", role },
  });
  return /#login=(.+)$/.exec(link.url)?.[1] ?? "";
}

/** What a browser sends back of what it was told to keep. */
function cookieOf({ headers }: Answer): Record<string, string> {
  return { cookie: headers["set-cookie"]?.[0]?.split(";")[0] ?? "" };
}

test("a link logs in once, and the session has its role on every host of the domain", async () => {
  await using a = await runAgent({ name: "host-a" });
  await using b = await runAgent({ name: "host-b" });
  await makeDomain("lab", a, b);
  const link = await linkOf(a, "operator");
  const login = await a.ask("POST /v1/session", { tls: {}, body: { link } });
  assert.equal(login.status, 201);
  assert.match(login.headers["set-cookie"]?.[0] ?? "", /Secure; HttpOnly; SameSite=Strict/);
  const again = await a.ask("POST /v1/session", { tls: {}, body: { link } });
  assert.equal(codeOf(again), "unauthenticated");

  const headers = cookieOf(login);
  const session = await a.good<Session>("GET /v1/session", { tls: {}, headers });
  assert.deepEqual([session.name, session.role], ["ada at the console", "operator"]);
  await a.good("GET /v1/host?host=host-b", { tls: {}, headers });
  const beyond = { tls: {}, headers, body: { name: "x", role: "administrator" } };
  assert.equal(codeOf(await a.ask("POST /v1/tokens?host=host-b", beyond)), "forbidden");
});

test("a session outlives the agent's restart, and ends with its token or by logging out", async () => {
  await using a = await runAgent({ name: "host-a" });
  await makeDomain("lab", a);
  const made = await a.good<{ secret: string }>("POST /v1/tokens", {
    body: { name: "eve", role: "viewer" },
  });
  const login = () => a.ask("POST /v1/session", { tls: {}, body: { token: made.secret } });
  const [first, second] = [cookieOf(await login()), cookieOf(await login())];
  await a.restart();
  await a.good("GET /v1/vms", { tls: {}, headers: first });
  await a.good("DELETE /v1/session", { tls: {}, headers: first });
  const out = await a.ask("GET /v1/vms", { tls: {}, headers: first });
  assert.equal(codeOf(out), "unauthenticated");
  await a.good("GET /v1/vms", { tls: {}, headers: second });
  await a.good("DELETE /v1/tokens/eve");
  const gone = await a.ask("GET /v1/vms", { tls: {}, headers: second });
  assert.equal(codeOf(gone), "unauthenticated");
});

test("a cookie counts only from the console's own page", async () => {
  await using a = await runAgent({ name: "host-a" });
  await makeDomain("lab", a);
  const body = { link: await linkOf(a, "administrator") };
  const cookie = cookieOf(await a.ask("POST /v1/session", { tls: {}, body }));
  for (const foreign of [
    { origin: "https://elsewhere.example" },
    // Another port of this very host: the same site, and yet another page.
    { origin: `https://${a.address}:8443` },
    { "sec-fetch-site": "same-site" },
    { "sec-fetch-site": "cross-site" },
  ]) {
    const answer = await a.ask("GET /v1/vms", { tls: {}, headers: { ...cookie, ...foreign } });
    assert.equal(codeOf(answer), "unauthenticated", JSON.stringify(foreign));
  }
  const origin = `https://${a.address}:6600`;
  await a.good("GET /v1/vms", { tls: {}, headers: { ...cookie, origin } });
});

test("a login without a token or a link, or with both, is told what is wanted", async () => {
  await using a = await runAgent({ name: "host-a" });
  await makeDomain("lab", a);
  for (const body of [{}, { token: "x", link: "y" }]) {
    assert.equal(codeOf(await a.ask("POST /v1/session", { tls: {}, body })), "bad-input");
  }
  for (const body of [{ token: "x" }, { link: "y" }, { link: "a.b" }]) {
    assert.equal(codeOf(await a.ask("POST /v1/session", { tls: {}, body })), "unauthenticated");
  }
});

test("the console's page allows nothing from elsewhere, and asks for it with a nonce of its own", async () => {
  await using a = await runAgent({ name: "host-a" });
  await makeDomain("lab", a);
  const page = await a.ask("GET /console/vms/web01", { tls: {} });
  const policy = String(page.headers["content-security-policy"]);
  assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self' 'nonce-/);
  assert.doesNotMatch(policy, /unsafe|https?:|\*/);
  const other = await a.ask("GET /console/", { tls: {} });
  assert.notEqual(other.headers["content-security-policy"], policy);
  assert.equal((await a.ask("GET /", { tls: {} })).headers["location"], "/console/");
});
