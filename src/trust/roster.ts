/**
 * The domain's list of hosts. The authority's key signs it, any host relays it, and the highest version that is
 * rightly signed wins. Pure but for the signature.
 */
import { createPrivateKey, sign, verify, X509Certificate } from "node:crypto";
import Type from "typebox";
import Value from "typebox/value";
import { FerryError } from "../base/errors.ts";
import { Name, Uuid } from "../vm/definition.ts";
import { rosterBytesMax, rosterHostsMax } from "./limits.ts";

const strict = { additionalProperties: false } as const;

/** Name or IP address at which other hosts reach a host, without a port. */
export const Address = Type.String({ pattern: "^[A-Za-z0-9:][A-Za-z0-9.:-]{0,253}$" });

export const RosterHost = Type.Object(
  {
    id: Uuid,
    name: Name,
    address: Address,
    port: Type.Integer({ minimum: 1, maximum: 65_535 }),
    /** Stays in the list for ever, so that its certificate is refused until it runs out and beyond. */
    expelled: Type.Boolean(),
  },
  strict,
);
export type RosterHost = Type.Static<typeof RosterHost>;

export const Roster = Type.Object(
  {
    domain: Uuid,
    domainName: Name,
    /** Id of the host that keeps the authority's key. */
    issuer: Uuid,
    version: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    hosts: Type.Array(RosterHost, { maxItems: rosterHostsMax }),
  },
  strict,
);
export type Roster = Type.Static<typeof Roster>;

export const SignedRoster = Type.Object(
  {
    /** JSON text of the roster, exactly as signed. */
    body: Type.String({ maxLength: rosterBytesMax }),
    /** ECDSA P-256 with SHA-256, DER, base64url. */
    signature: Type.String({ maxLength: 256 }),
  },
  strict,
);
export type SignedRoster = Type.Static<typeof SignedRoster>;

export function signRoster(roster: Roster, authorityKey: string): SignedRoster {
  const body = JSON.stringify(roster);
  const signature = sign("sha256", Buffer.from(body), createPrivateKey(authorityKey));
  return { body, signature: signature.toString("base64url") };
}

/**
 * The roster in a signed one, believed.
 * @throws FerryError `peer-refused` when the domain's authority did not sign it or it is another domain's.
 */
export function openRoster(signed: SignedRoster, authorityPem: string, domain: string): Roster {
  const { publicKey } = new X509Certificate(authorityPem);
  const signature = Buffer.from(signed.signature, "base64url");
  if (!verify("sha256", Buffer.from(signed.body), publicKey, signature)) {
    throw refused(domain, "its signature is not the domain's");
  }
  const roster: unknown = JSON.parse(signed.body);
  if (!Value.Check(Roster, roster)) throw refused(domain, "it is not understood");
  if (roster.domain !== domain) throw refused(domain, `it is that of domain ${roster.domain}`);
  return roster;
}

function refused(domain: string, reason: string): FerryError {
  return new FerryError("peer-refused", `Cannot believe a roster of domain ${domain}: ${reason}`, {
    remedy: "Compare the fingerprints of the domain on both hosts: ferry domain show",
  });
}
