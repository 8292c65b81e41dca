/** Certificates of any kind, issued by the authority of a running agent's domain or by another. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { createRequest, issueCertificate } from "../../src/trust/certificate.ts";
import { IdentityStore } from "../../src/trust/identity-store.ts";
import { createKey } from "../../src/trust/key.ts";
import type { RunningAgent } from "../api/running-agent.ts";

/** A new key, and a certificate for it that this authority issues at a time. */
export async function credentials(
  authority: { domain: string; certificate: string; key: string },
  at = Date.now(),
): Promise<{ key: string; cert: string }> {
  const key = createKey();
  const subject = { host: randomUUID(), name: "host-x", address: "host-x" };
  const cert = await issueCertificate(authority, subject, await createRequest(key, "host-x"), at);
  return { key, cert };
}

/** The authority of a domain whose issuer is this agent, from its files. */
export function authorityOf(agent: RunningAgent): {
  domain: string;
  certificate: string;
  key: string;
} {
  const store = new IdentityStore(join(agent.directory, "state/trust"));
  const { membership, authorityKey } = store;
  assert.ok(membership && authorityKey);
  return { domain: membership.domain.id, certificate: membership.authority, key: authorityKey };
}
