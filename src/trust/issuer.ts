/** What only the host that keeps the domain's key can do: admit hosts, renew their certificates, expel them. */
import { randomUUID } from "node:crypto";
import { FerryError } from "../base/errors.ts";
import { type Authority, createAuthority } from "./authority.ts";
import { createRequest, issueCertificate } from "./certificate.ts";
import type { IdentityStore } from "./identity-store.ts";
import type { JoinAnswer, JoinRequest, RenewAnswer } from "./join-messages.ts";
import type { JoinTokenStore } from "./join-token-store.ts";
import { createKey } from "./key.ts";
import { type Roster, signRoster } from "./roster.ts";
import { findHost, withHost, withoutHost } from "./roster-members.ts";

export interface OwnPlace {
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

/** Creates a domain with this host as its issuer and only member. */
export async function foundDomain(
  store: IdentityStore,
  domainName: string,
  place: OwnPlace,
  now: number,
): Promise<void> {
  const domain = { id: randomUUID() as string, name: domainName };
  const host = { id: randomUUID() as string, ...place };
  const authority = await createAuthority(domain, now);
  const key = createKey();
  const certificate = await issueCertificate(
    authority,
    { host: host.id, name: host.name, address: host.address },
    await createRequest(key, host.name),
    now,
  );
  const roster: Roster = {
    domain: domain.id,
    domainName: domain.name,
    issuer: host.id,
    version: 1,
    hosts: [{ ...host, expelled: false }],
  };
  store.enter(
    {
      domain,
      host: { id: host.id, name: host.name },
      certificate,
      key,
      authority: authority.certificate,
    },
    signRoster(roster, authority.key),
    authority.key,
  );
}

/** @throws FerryError `unauthenticated`, `already-exists`, `bad-input`; the token is spent only by a success. */
export async function admitHost(
  store: IdentityStore,
  tokens: JoinTokenStore,
  request: JoinRequest,
  now: number,
): Promise<JoinAnswer> {
  const { authority, domainName } = issuing(store);
  tokens.check(request.tokenId, request.secret, now);
  const { host } = request;
  const certificate = await issueCertificate(
    authority,
    { host: host.id, name: host.name, address: host.address },
    request.certificateRequest,
    now,
  );
  // N.B. no await from here on: two joins at once must not build on the same roster nor spend the same token.
  const roster = withHost(issuing(store).roster, host);
  if (!tokens.spend(request.tokenId, host.id)) tokens.check(request.tokenId, request.secret, now);
  const signed = signRoster(roster, authority.key);
  store.replaceRoster(signed, roster);
  return {
    domain: { id: authority.domain, name: domainName },
    certificate,
    authority: authority.certificate,
    roster: signed,
  };
}

/** @param host id of the member that asks, from the certificate it proved. */
export async function renewCertificate(
  store: IdentityStore,
  host: string,
  certificateRequest: string,
  now: number,
): Promise<RenewAnswer> {
  const { authority, roster } = issuing(store);
  const member = findHost(roster, host);
  if (member === undefined) {
    throw new FerryError(
      "peer-refused",
      `Cannot renew the certificate of host ${host}: it is no member of domain "${roster.domainName}"`,
      { remedy: "Join the host again: ferry host join" },
    );
  }
  const certificate = await issueCertificate(
    authority,
    { host: member.id, name: member.name, address: member.address },
    certificateRequest,
    now,
  );
  return { certificate, roster: issuing(store).signed };
}

export function expelHost(store: IdentityStore, nameOrId: string): void {
  const { authority, roster } = issuing(store);
  const next = withoutHost(roster, nameOrId);
  store.replaceRoster(signRoster(next, authority.key), next);
}

/** What an issuer signs with. @throws FerryError `domain-missing`, `conflict` on any other host. */
export function issuing(store: IdentityStore) {
  const { membership, roster, signedRoster, authorityKey } = store;
  if (membership === undefined || roster === undefined || signedRoster === undefined) {
    throw noDomain();
  }
  if (authorityKey === undefined) {
    const issuer = findHost(roster, roster.issuer);
    throw new FerryError(
      "conflict",
      `Cannot sign for domain "${membership.domain.name}" here: its key is on host "${issuer?.name ?? roster.issuer}"`,
      { remedy: "Ask that host: ferry --host NAME …" },
    );
  }
  const { domain, authority: certificate } = membership;
  const authority: Authority = { domain: domain.id, certificate, key: authorityKey };
  return { authority, domainName: domain.name, roster, signed: signedRoster };
}

export function noDomain(): FerryError {
  return new FerryError("domain-missing", "Cannot do this: this host belongs to no domain", {
    remedy: "Create one with `ferry domain create`, or join one with `ferry host join`",
  });
}
