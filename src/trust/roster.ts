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

export function expelledHosts(roster: Roster): string[] {
  return roster.hosts.filter((host) => host.expelled).map((host) => host.id);
}

/** A member by name or id; expelled hosts are none. */
export function findHost(roster: Roster, nameOrId: string): RosterHost | undefined {
  return roster.hosts.find(
    (host) => !host.expelled && (host.name === nameOrId || host.id === nameOrId),
  );
}

/**
 * The next version, with one more host.
 * @throws FerryError `already-exists` for a name or address of another member, `no-space` for a full roster.
 */
export function withHost(roster: Roster, host: Omit<RosterHost, "expelled">): Roster {
  const members = roster.hosts.filter((member) => !member.expelled);
  const same = members.find(
    (member) =>
      member.name === host.name ||
      member.id === host.id ||
      (member.address === host.address && member.port === host.port),
  );
  if (same !== undefined) {
    throw new FerryError(
      "already-exists",
      `Cannot admit host "${host.name}" at ${host.address}: host "${same.name}" at ${same.address} is a member`,
      {
        remedy: `Give it another name and address, or expel the other: ferry host expel ${same.name}`,
      },
    );
  }
  if (roster.hosts.length >= rosterHostsMax) {
    throw new FerryError(
      "no-space",
      `Cannot admit host "${host.name}": the domain has ${roster.hosts.length} hosts, at most ${rosterHostsMax}`,
      { remedy: "Create another domain and let the two trust each other: ferry domain trust" },
    );
  }
  return {
    ...roster,
    version: roster.version + 1,
    hosts: [...roster.hosts, { ...host, expelled: false }],
  };
}

/** The next version, with a member expelled. @throws FerryError `not-found`, `conflict` for the issuer. */
export function withoutHost(roster: Roster, nameOrId: string): Roster {
  const expelled = findHost(roster, nameOrId);
  if (expelled === undefined) throw unknownHost(roster, nameOrId);
  if (expelled.id === roster.issuer) {
    throw new FerryError(
      "conflict",
      `Cannot expel host "${expelled.name}": it keeps the key of domain "${roster.domainName}"`,
      { remedy: "Create a new domain on another host and join the hosts to it" },
    );
  }
  return {
    ...roster,
    version: roster.version + 1,
    hosts: roster.hosts.map((host) => (host === expelled ? { ...host, expelled: true } : host)),
  };
}

export function unknownHost(roster: Roster, nameOrId: string): FerryError {
  const names = roster.hosts.filter((host) => !host.expelled).map((host) => host.name);
  return new FerryError(
    "not-found",
    `Cannot find host "${nameOrId}": domain "${roster.domainName}" has ${names.join(", ")}`,
    { remedy: "Name one of these, or join the host: ferry host join" },
  );
}

function refused(domain: string, reason: string): FerryError {
  return new FerryError("peer-refused", `Cannot believe a roster of domain ${domain}: ${reason}`, {
    remedy: "Compare the fingerprints of the domain on both hosts: ferry domain show",
  });
}
