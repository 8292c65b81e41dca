import assert from "node:assert/strict";
import { randomUUID, X509Certificate } from "node:crypto";
import { test } from "node:test";
import { type Authority, createAuthority } from "./authority.ts";
import { createRequest, issueCertificate } from "./certificate.ts";
import { createKey } from "./key.ts";
import { certificateLifeMs } from "./limits.ts";
import { identifyPeer, identityIn, type TrustSnapshot } from "./peer-identity.ts";

const now = Date.UTC(2030, 0, 1);
const host = randomUUID();

async function newAuthority(): Promise<Authority> {
  return await createAuthority({ id: randomUUID(), name: "lab" }, now);
}

async function issue(authority: Authority, at = now): Promise<X509Certificate> {
  const request = await createRequest(createKey(), "host-a");
  const subject = { host, name: "host-a", address: "192.0.2.1" };
  return new X509Certificate(await issueCertificate(authority, subject, request, at));
}

function trusting(...authorities: Authority[]): TrustSnapshot {
  const domains = authorities.map(({ domain, certificate }) => ({
    id: domain,
    authority: certificate,
    expelled: [],
  }));
  return { domains };
}

function reasonOf(certificate: X509Certificate | undefined, trust: TrustSnapshot, at = now) {
  const verdict = identifyPeer(certificate, trust, at);
  return verdict.trusted ? "trusted" : verdict.reason;
}

test("identifyPeer believes a host of a trusted domain", async () => {
  const authority = await newAuthority();
  assert.deepEqual(identifyPeer(await issue(authority), trusting(authority), now), {
    trusted: true,
    identity: { domain: authority.domain, host },
  });
});

test("identifyPeer refuses a peer without a certificate", async () => {
  assert.equal(reasonOf(undefined, trusting(await newAuthority())), "no-certificate");
});

test("identifyPeer refuses a host of a domain that is not trusted", async () => {
  const foreign = await issue(await newAuthority());
  assert.equal(reasonOf(foreign, trusting(await newAuthority())), "foreign-domain");
});

test("identifyPeer refuses what a trusted domain says about another domain's hosts", async () => {
  const [own, other] = [await newAuthority(), await newAuthority()];
  const impostor = await issue({ ...other, domain: own.domain });
  assert.equal(reasonOf(impostor, trusting(own, other)), "not-issued-by-domain");
});

test("identifyPeer refuses an authority with the right name and another key", async () => {
  const own = await newAuthority();
  const forged = await createAuthority({ id: own.domain, name: "lab" }, now);
  assert.equal(reasonOf(await issue(forged), trusting(own)), "not-issued-by-domain");
});

test("identifyPeer refuses a certificate that it believed when its domain's authority is another", async () => {
  const own = await newAuthority();
  const certificate = await issue(own);
  assert.equal(reasonOf(certificate, trusting(own)), "trusted");
  const other = await createAuthority({ id: own.domain, name: "lab" }, now);
  assert.equal(reasonOf(certificate, trusting(other)), "not-issued-by-domain");
  assert.equal(reasonOf(certificate, trusting(own)), "trusted");
});

test("identifyPeer refuses a certificate before it begins and after it ends", async () => {
  const authority = await newAuthority();
  const certificate = await issue(authority);
  const trust = trusting(authority);
  assert.equal(reasonOf(certificate, trust, now + certificateLifeMs), "trusted");
  assert.equal(reasonOf(certificate, trust, now + certificateLifeMs + 1000), "not-valid-now");
  assert.equal(reasonOf(certificate, trust, now - 86_400_000), "not-valid-now");
});

test("identifyPeer refuses an expelled host with a valid certificate", async () => {
  const authority = await newAuthority();
  const [domain] = trusting(authority).domains;
  assert.ok(domain);
  const trust = { domains: [{ ...domain, expelled: [host] }] };
  assert.equal(reasonOf(await issue(authority), trust), "expelled");
});

test("identifyPeer refuses the authority's own certificate as a host's", async () => {
  const authority = await newAuthority();
  const certificate = new X509Certificate(authority.certificate);
  assert.equal(identityIn(certificate), undefined);
  assert.equal(reasonOf(certificate, trusting(authority)), "not-a-host");
});
