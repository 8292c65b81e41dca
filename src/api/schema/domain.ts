/** The domain: creating one, joining one, and trusting another. */
import Type from "typebox";
import { RosterHost, SignedRoster as Roster } from "../../trust/roster.ts";
import { Name, Uuid } from "../../vm/definition.ts";

const strict = { additionalProperties: false } as const;
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Pem = Type.String({ maxLength: 16_384 });
const Milliseconds = Type.Number({ minimum: 0 });

/** The domain's list of hosts, signed by its authority's key over the text `body`. */
export const SignedRoster = Type.Object(Roster.properties, { ...strict, $id: "SignedRoster" });
export type SignedRoster = Type.Static<typeof SignedRoster>;

export const Domain = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    /** SHA-256 of the authority's certificate, hexadecimal: what people compare. */
    fingerprint: Type.String(),
    /** True on the host that keeps the authority's key: it signs joins, renewals and the roster. */
    issuer: Type.Boolean(),
    host: Type.Object({ id: Type.String(), name: Type.String() }),
    certificate: Type.Object({
      validFrom: Milliseconds,
      validTo: Milliseconds,
      /** When the host renews it by itself. */
      renewsAt: Milliseconds,
    }),
    rosterVersion: Type.Integer({ minimum: 1 }),
    /** Connections refused for their certificate since the agent started. */
    refusedPeers: Type.Integer({ minimum: 0 }),
  },
  { $id: "Domain" },
);
export type Domain = Type.Static<typeof Domain>;

/** `domain` is null on a host that belongs to none. */
export const DomainAnswer = Type.Object({ domain: nullable(Domain) }, { $id: "DomainAnswer" });
export type DomainAnswer = Type.Static<typeof DomainAnswer>;

export const DomainCreate = Type.Object({ name: Name }, { ...strict, $id: "DomainCreate" });
export type DomainCreate = Type.Static<typeof DomainCreate>;

export const JoinTokenCreate = Type.Object(
  { validMs: Type.Optional(Type.Integer({ minimum: 60_000, maximum: 30 * 86_400_000 })) },
  { ...strict, $id: "JoinTokenCreate" },
);
export type JoinTokenCreate = Type.Static<typeof JoinTokenCreate>;

/** The text is shown this once: only a hash of its secret is kept. */
export const JoinToken = Type.Object(
  { token: Type.String(), expiresAt: Milliseconds },
  { $id: "JoinToken" },
);
export type JoinToken = Type.Static<typeof JoinToken>;

export const DomainJoin = Type.Object(
  { token: Type.String({ minLength: 1, maxLength: 1024 }) },
  { ...strict, $id: "DomainJoin" },
);
export type DomainJoin = Type.Static<typeof DomainJoin>;

/** What one domain shows another to be trusted by it; also the body of `POST /v1/domain/trusts`. */
export const DomainCertificate = Type.Object(
  { id: Uuid, name: Name, certificate: Pem, roster: SignedRoster },
  { ...strict, $id: "DomainCertificate" },
);
export type DomainCertificate = Type.Static<typeof DomainCertificate>;

export const TrustedDomain = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    fingerprint: Type.String(),
    hosts: Type.Array(RosterHost),
  },
  { $id: "TrustedDomain" },
);
export type TrustedDomain = Type.Static<typeof TrustedDomain>;

export const TrustList = Type.Object({ trusts: Type.Array(TrustedDomain) }, { $id: "TrustList" });
export type TrustList = Type.Static<typeof TrustList>;
