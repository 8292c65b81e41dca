/** What a host and its domain's issuer say to each other when it joins and when its certificate is renewed. */
import Type from "typebox";
import { Name, Uuid } from "../vm/definition.ts";
import { RosterHost, SignedRoster } from "./roster.ts";

const strict = { additionalProperties: false } as const;
const Pem = Type.String({ maxLength: 16_384 });

export const JoinRequest = Type.Object(
  {
    tokenId: Uuid,
    secret: Type.String({ minLength: 16, maxLength: 128 }),
    /** PKCS #10, PEM; only its public key is believed, the names come from `host`. */
    certificateRequest: Pem,
    host: Type.Object(
      {
        id: RosterHost.properties.id,
        name: RosterHost.properties.name,
        address: RosterHost.properties.address,
        port: RosterHost.properties.port,
      },
      strict,
    ),
  },
  strict,
);
export type JoinRequest = Type.Static<typeof JoinRequest>;

export const JoinAnswer = Type.Object(
  {
    domain: Type.Object({ id: Uuid, name: Name }, strict),
    certificate: Pem,
    authority: Pem,
    roster: SignedRoster,
  },
  strict,
);
export type JoinAnswer = Type.Static<typeof JoinAnswer>;

export const RenewRequest = Type.Object({ certificateRequest: Pem }, strict);
export type RenewRequest = Type.Static<typeof RenewRequest>;

export const RenewAnswer = Type.Object({ certificate: Pem, roster: SignedRoster }, strict);
export type RenewAnswer = Type.Static<typeof RenewAnswer>;
