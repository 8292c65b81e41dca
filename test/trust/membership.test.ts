/** Domains as people make them: over real agents, sockets and TLS. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { decodeJoinToken, encodeJoinToken } from "../../src/trust/join-token.ts";
import { codeOf, makeDomain, runAgent, type RunningAgent } from "../api/running-agent.ts";
import { nextEvent } from "../api/watch-events.ts";

interface HostList {
  hosts: { name: string; reachable: boolean; expelled: boolean; reason: string | null }[];
}
interface DomainAnswer {
  domain: { id: string; fingerprint: string; issuer: boolean; rosterVersion: number } | null;
}

test("hosts that joined reach each other, both ways", async () => {
  await using a = await runAgent({ name: "host-a" });
  await using b = await runAgent({ name: "host-b" });
  await makeDomain("lab", a, b);
  for (const agent of [a, b]) {
    const { hosts } = await agent.good<HostList>("GET /v1/hosts");
    assert.deepEqual(
      hosts.map(({ name, reachable }) => [name, reachable]),
      [
        ["host-a", true],
        ["host-b", true],
      ],
    );
  }
  const [at, bt] = [
    await a.good<DomainAnswer>("GET /v1/domain"),
    await b.good<DomainAnswer>("GET /v1/domain"),
  ];
  assert.equal(at.domain?.fingerprint, bt.domain?.fingerprint);
  assert.deepEqual([at.domain?.issuer, bt.domain?.issuer], [true, false]);
});

test("a host keeps its membership over a restart", async () => {
  await using a = await runAgent({ name: "host-a" });
  await using b = await runAgent({ name: "host-b" });
  await makeDomain("lab", a, b);
  await b.restart();
  const { hosts } = await a.good<HostList>("GET /v1/hosts");
  assert.ok(hosts.every(({ reachable }) => reachable));
});

test("a token lets one host in, and no second one", async () => {
  await using a = await runAgent({ name: "host-a" });
  await using b = await runAgent({ name: "host-b" });
  await using c = await runAgent({ name: "host-c" });
  await makeDomain("lab", a);
  const { token } = await a.good<{ token: string }>("POST /v1/domain/join-tokens", { body: {} });
  await b.good("POST /v1/domain/join", { body: { token } });
  const refused = await c.ask("POST /v1/domain/join", { body: { token } });
  assert.equal(codeOf(refused), "unauthenticated");
  assert.deepEqual(await c.good("GET /v1/domain"), { domain: null });
});

test("a failed join spends no token and leaves nothing: the next try succeeds", async () => {
  await using a = await runAgent({ name: "host-a" });
  await using b = await runAgent({ name: "host-a" });
  await using c = await runAgent({ name: "host-c" });
  await makeDomain("lab", a);
  const { token } = await a.good<{ token: string }>("POST /v1/domain/join-tokens", { body: {} });
  const sameName = await b.ask("POST /v1/domain/join", { body: { token } });
  assert.equal(codeOf(sameName), "already-exists");
  await c.good("POST /v1/domain/join", { body: { token } });
});

test("a host believes no issuer but the one its token is for", async () => {
  await using a = await runAgent({ name: "host-a" });
  await using impostor = await runAgent({ name: "host-a" });
  await using b = await runAgent({ name: "host-b" });
  await makeDomain("lab", a);
  await makeDomain("lab", impostor);
  const { token } = await a.good<{ token: string }>("POST /v1/domain/join-tokens", { body: {} });
  const redirected = { ...decodeJoinToken(token), address: impostor.address };
  const answer = await b.ask("POST /v1/domain/join", {
    body: { token: encodeJoinToken(redirected) },
  });
  assert.equal(codeOf(answer), "peer-refused");
  await b.good("POST /v1/domain/join", { body: { token } });
});

test("a host belongs to one domain", async () => {
  await using a = await runAgent({ name: "host-a" });
  await makeDomain("lab", a);
  const { token } = await a.good<{ token: string }>("POST /v1/domain/join-tokens", { body: {} });
  assert.equal(codeOf(await a.ask("POST /v1/domain", { body: { name: "other" } })), "conflict");
  assert.equal(codeOf(await a.ask("POST /v1/domain/join", { body: { token } })), "conflict");
});

test("a host that can't listen enters no domain", async () => {
  await using a = await runAgent({ name: "host-a" });
  await using b = await runAgent({ name: "host-b", address: a.address });
  await makeDomain("lab", a);
  const answer = await b.ask("POST /v1/domain", { body: { name: "other" } });
  assert.equal(codeOf(answer), "in-use");
  assert.deepEqual(await b.good("GET /v1/domain"), { domain: null });
});

test("the files with keys are the agent's alone, and hold no join secret", async () => {
  await using a = await runAgent({ name: "host-a" });
  await makeDomain("lab", a);
  const { token } = await a.good<{ token: string }>("POST /v1/domain/join-tokens", { body: {} });
  const { secret } = decodeJoinToken(token);
  for (const name of ["identity.json", "authority.key", "roster.json"]) {
    assert.equal(statSync(join(a.directory, "state/trust", name)).mode & 0o777, 0o600, name);
  }
  for (const name of readdirSync(join(a.directory, "state"), { withFileTypes: true })) {
    if (!name.isFile()) continue;
    const content = readFileSync(join(a.directory, "state", name.name));
    assert.equal(content.includes(secret), false, name.name);
  }
});

test("an expelled host is refused by every member and does not come back by itself", async () => {
  await using a = await runAgent({ name: "host-a" });
  await using b = await runAgent({ name: "host-b" });
  await using c = await runAgent({ name: "host-c" });
  await makeDomain("lab", a, b, c);
  await b.good("GET /v1/vms?host=host-c");
  await a.good("DELETE /v1/hosts/host-c");
  await untilRoster(b, 4);
  for (const member of [a, b]) {
    assert.equal(codeOf(await member.ask("GET /v1/vms?host=host-c")), "not-found");
    // The expelled host's own word: it does not know yet, and is refused by those who do.
    const name = member === a ? "host-a" : "host-b";
    const refused = await c.ask(`GET /v1/vms?host=${name}`);
    assert.equal(codeOf(refused), "peer-refused");
  }
  const { hosts } = await a.good<HostList>("GET /v1/hosts");
  assert.deepEqual(
    hosts.find(({ name }) => name === "host-c"),
    { ...hosts.at(-1), expelled: true, reachable: false },
  );
});

/** The roster reaches other hosts a moment later; the agent says so with an event. */
async function untilRoster(agent: RunningAgent, version: number): Promise<void> {
  await nextEvent(agent, ({ type, data }) => {
    return type === "roster.changed" && (data as { version: number }).version >= version;
  });
}
