/**
 * Who is at the other end of a connection: decides from the certificate it proved, the authorities this host trusts
 * and their rosters. Pure and plain data, so that the agent's port and every session's worker thread decide alike.
 *
 * A host's certificate carries one URI, `ferry://DOMAIN-ID/hosts/HOST-ID`, and is believed only if the authority of
 * that very domain issued it: a trusted domain can vouch for its own hosts and for nobody else's.
 */
import { X509Certificate } from "node:crypto";

/** What a host trusts, as plain data that can be given to a worker thread. */
export interface TrustSnapshot {
  readonly domains: readonly TrustedAuthority[];
}

export interface TrustedAuthority {
  readonly id: string;
  /** The authority's certificate, PEM. */
  readonly authority: string;
  /**
   * Ids of hosts that were expelled. They are remembered for ever; a host that the roster does not know at all is
   * merely newer than the roster, since only the authority can have issued its certificate.
   */
  readonly expelled: readonly string[];
}

export interface PeerIdentity {
  readonly domain: string;
  readonly host: string;
}

export type PeerVerdict =
  | { readonly trusted: true; readonly identity: PeerIdentity }
  | { readonly trusted: false; readonly reason: RefusalReason; readonly detail: string };

export const refusalReasons = [
  "no-certificate",
  "not-a-host",
  "foreign-domain",
  "not-issued-by-domain",
  "not-valid-now",
  "expelled",
] as const;
export type RefusalReason = (typeof refusalReasons)[number];

/** @param now milliseconds since the epoch. */
export function identifyPeer(
  certificate: X509Certificate | undefined,
  trust: TrustSnapshot,
  now: number,
): PeerVerdict {
  if (certificate === undefined) {
    return refuse("no-certificate", "the peer showed no certificate");
  }
  const identity = identityIn(certificate);
  if (identity === undefined) {
    return refuse("not-a-host", "its certificate does not name a host of a domain");
  }
  const domain = trust.domains.find((candidate) => candidate.id === identity.domain);
  if (domain === undefined) {
    return refuse("foreign-domain", `its domain ${identity.domain} is not trusted here`);
  }
  if (!isIssuedBy(certificate, domain.authority)) {
    return refuse(
      "not-issued-by-domain",
      `domain ${identity.domain} did not issue its certificate`,
    );
  }
  if (now < certificate.validFromDate.getTime() || now > certificate.validToDate.getTime()) {
    return refuse(
      "not-valid-now",
      `its certificate is valid from ${certificate.validFrom} to ${certificate.validTo}`,
    );
  }
  if (domain.expelled.includes(identity.host)) {
    return refuse("expelled", `host ${identity.host} was expelled from its domain`);
  }
  return { trusted: true, identity };
}

/** Whether a host whose certificate was believed still would be, as far as rosters go. */
export function isTrusted({ domain, host }: PeerIdentity, trust: TrustSnapshot): boolean {
  return trust.domains.some(({ id, expelled }) => id === domain && !expelled.includes(host));
}

/** The URI that a host's certificate carries. */
export function hostUri(identity: PeerIdentity): string {
  return `ferry://${identity.domain}/hosts/${identity.host}`;
}

const uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const hostUriPattern = new RegExp(`^ferry://(${uuid})/hosts/(${uuid})$`);

/** Who a certificate says it is, believed by nobody yet. */
export function identityIn(certificate: X509Certificate): PeerIdentity | undefined {
  const names = certificate.subjectAltName ?? "";
  // Node quotes a name that holds a separator; no authority of ours writes one, so such a certificate is not ours.
  if (names.includes('"')) return undefined;
  const uris = names.split(", ").filter((name) => name.startsWith("URI:"));
  const match = uris.length === 1 ? hostUriPattern.exec(uris[0]?.slice(4) ?? "") : null;
  const [, domain, host] = match ?? [];
  return domain === undefined || host === undefined ? undefined : { domain, host };
}

/** What was found of certificates that are still about: a host asks a hundred times over one connection, and its signature stays what it is. */
const issuers = new WeakMap<
  X509Certificate,
  { readonly authority: string; readonly is: boolean }
>();

/** @param authority its certificate, PEM */
function isIssuedBy(certificate: X509Certificate, authority: string): boolean {
  const found = issuers.get(certificate);
  if (found?.authority === authority) return found.is;
  const issuer = new X509Certificate(authority);
  const is =
    !certificate.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  issuers.set(certificate, { authority, is });
  return is;
}

function refuse(reason: RefusalReason, detail: string): PeerVerdict {
  return { trusted: false, reason, detail };
}
