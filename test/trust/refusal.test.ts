/** Peers that must be refused, at the port of a real agent, each with a certificate of its own kind. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { createAuthority } from "../../src/trust/authority.ts";
import { createRequest, issueCertificate } from "../../src/trust/certificate.ts";
import { IdentityStore } from "../../src/trust/identity-store.ts";
import { createKey } from "../../src/trust/key.ts";
import { certificateLifeMs } from "../../src/trust/limits.ts";
import { nextEvent } from "../api/watch-events.ts";
import { codeOf, makeDomain, type RunningAgent, runAgent } from "../api/running-agent.ts";
import { authorityOf, credentials } from "./made-credentials.ts";

const peerRoute = "GET /v1/peer/roster";

async function refusedPeers(agent: RunningAgent): Promise<number> {
  type Body = { domain: { refusedPeers: number } };
  return (await agent.good<Body>("GET /v1/domain")).domain.refusedPeers;
}

test("a host with the domain's certificate may call peer routes; one without may not", async () => {
  await using a = await runAgent({ name: "host-a" });
  await makeDomain("lab", a);
  await a.good(peerRoute, { tls: await credentials(authorityOf(a)) });
  assert.equal(codeOf(await a.ask(peerRoute, { tls: {} })), "unauthenticated");
});

test("the local administrator is no host: peer routes are closed on the socket", async () => {
  await using a = await runAgent({ name: "host-a" });
  await makeDomain("lab", a);
  assert.equal(codeOf(await a.ask(peerRoute)), "forbidden");
});

test("an expired certificate is refused and counted", async () => {
  await using a = await runAgent({ name: "host-a" });
  await makeDomain("lab", a);
  const expired = await credentials(authorityOf(a), Date.now() - certificateLifeMs - 60_000);
  assert.equal(codeOf(await a.ask(peerRoute, { tls: expired })), "peer-refused");
  assert.equal(await refusedPeers(a), 1);
});

test("a certificate of an unknown authority that claims the domain is refused", async () => {
  await using a = await runAgent({ name: "host-a" });
  await makeDomain("lab", a);
  const { domain } = authorityOf(a);
  const forged = await createAuthority({ id: domain, name: "lab" }, Date.now());
  const tls = await credentials(forged);
  assert.equal(codeOf(await a.ask(peerRoute, { tls })), "peer-refused");
});

test("hosts of another domain are refused until it is trusted, and again when it is no longer", async () => {
  await using a = await runAgent({ name: "host-a" });
  await using x = await runAgent({ name: "host-x" });
  await makeDomain("lab", a);
  await makeDomain("other", x);
  const tls = await credentials(authorityOf(x));
  assert.equal(codeOf(await a.ask(peerRoute, { tls })), "peer-refused");
  const body = await x.good("GET /v1/domain/certificate");
  const { id } = await a.good<{ id: string }>("POST /v1/domain/trusts", { body });
  await a.good(peerRoute, { tls });
  await a.good(`DELETE /v1/domain/trusts/${id}`);
  assert.equal(codeOf(await a.ask(peerRoute, { tls })), "peer-refused");
});

test("a trusted domain's host may not manage this domain", async () => {
  await using a = await runAgent({ name: "host-a" });
  await using x = await runAgent({ name: "host-x" });
  await makeDomain("lab", a);
  await makeDomain("other", x);
  await a.good("POST /v1/domain/trusts", { body: await x.good("GET /v1/domain/certificate") });
  const tls = await credentials(authorityOf(x));
  const headers = { "ferry-on-behalf-of": "administrator mallory" };
  for (const route of ["GET /v1/vms", "GET /v1/tokens", "DELETE /v1/hosts/host-a"]) {
    assert.equal(codeOf(await a.ask(route, { tls, headers })), "forbidden", route);
  }
  const body = await a.good("GET /v1/domain/certificate");
  const roster = (body as { roster: unknown }).roster;
  const put = await a.ask("PUT /v1/peer/roster", { tls, body: roster });
  assert.equal(codeOf(put), "forbidden");
});

test("a trusted domain can't vouch for hosts of this one", async () => {
  await using a = await runAgent({ name: "host-a" });
  await using x = await runAgent({ name: "host-x" });
  await makeDomain("lab", a);
  await makeDomain("other", x);
  await a.good("POST /v1/domain/trusts", { body: await x.good("GET /v1/domain/certificate") });
  const tls = await credentials({ ...authorityOf(x), domain: authorityOf(a).domain });
  assert.equal(codeOf(await a.ask(peerRoute, { tls })), "peer-refused");
});

test("a domain is not trusted by a certificate of another's, nor by a changed roster", async () => {
  await using a = await runAgent({ name: "host-a" });
  await using x = await runAgent({ name: "host-x" });
  await makeDomain("lab", a);
  await makeDomain("other", x);
  type Shown = { certificate: string; roster: { body: string; signature: string } };
  const own = await a.good<Shown>("GET /v1/domain/certificate");
  const shown = await x.good<Shown>("GET /v1/domain/certificate");
  const codes = [
    { ...shown, certificate: own.certificate },
    { ...shown, certificate: "-----BEGIN CERTIFICATE-----" },
    { ...shown, roster: { ...shown.roster, body: shown.roster.body.replace("host-x", "host-y") } },
    own,
  ].map(async (body) => codeOf(await a.ask("POST /v1/domain/trusts", { body })));
  assert.deepEqual(await Promise.all(codes), [
    "bad-input",
    "bad-input",
    "peer-refused",
    "conflict",
  ]);
});

test("a member renews its certificate over the network, and is believed with the new one", async () => {
  await using a = await runAgent({ name: "host-a" });
  await using b = await runAgent({ name: "host-b" });
  await makeDomain("lab", a, b);
  const member = () => new IdentityStore(join(b.directory, "state/trust")).membership;
  const before = member();
  assert.ok(before);
  const key = createKey();
  const answer = await a.good<{ certificate: string }>("POST /v1/peer/renew", {
    tls: { key: before.key, cert: before.certificate },
    body: { certificateRequest: await createRequest(key, "host-b") },
  });
  assert.notEqual(answer.certificate, before.certificate);
  await a.good(peerRoute, { tls: { key, cert: answer.certificate } });
});

test("a certificate that is due is renewed by the agent itself when it starts", async () => {
  // Joined two months ago, by the issuer's clock: two thirds of the certificate's life are over.
  const day = 86_400_000;
  await using a = await runAgent({ name: "host-a" });
  await using b = await runAgent({ name: "host-b" });
  await makeDomain("lab", a, b);
  const store = new IdentityStore(join(b.directory, "state/trust"));
  const { membership } = store;
  assert.ok(membership);
  const old = await issueCertificate(
    authorityOf(a),
    { host: membership.host.id, name: "host-b", address: b.address },
    await createRequest(membership.key, "host-b"),
    Date.now() - 61 * day,
  );
  store.replaceCertificate(membership.key, old);
  await b.restart();
  await nextEvent(b, ({ type }) => type === "certificate.renewed");
  const now = new IdentityStore(join(b.directory, "state/trust")).membership;
  assert.notEqual(now?.certificate, old);
  assert.notEqual(now?.key, membership.key);
  type Hosts = { hosts: { reachable: boolean }[] };
  assert.ok((await b.good<Hosts>("GET /v1/hosts")).hosts.every(({ reachable }) => reachable));
});
