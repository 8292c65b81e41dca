/** What agents ask each other. Only a host certificate opens these routes, except `join`, which takes a join secret. */
import Type from "typebox";
import { MigrationOptions } from "../../migration/record.ts";
import { Name, Uuid, VmDefinition } from "../../vm/definition.ts";
import { Finding } from "./check.ts";
import { RosterHost, SignedRoster } from "./domain.ts";

const strict = { additionalProperties: false } as const;
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Pem = Type.String({ maxLength: 16_384 });

export const PeerJoinRequest = Type.Object(
  {
    tokenId: Uuid,
    secret: Type.String({ minLength: 16, maxLength: 128 }),
    /** PKCS #10, PEM; only its public key is believed, the names come from `host`. */
    certificateRequest: Pem,
    host: Type.Pick(RosterHost, ["id", "name", "address", "port"], strict),
  },
  { ...strict, $id: "PeerJoinRequest" },
);
export type PeerJoinRequest = Type.Static<typeof PeerJoinRequest>;

export const PeerJoinAnswer = Type.Object(
  {
    domain: Type.Object({ id: Uuid, name: Name }, strict),
    certificate: Pem,
    authority: Pem,
    roster: SignedRoster,
  },
  { ...strict, $id: "PeerJoinAnswer" },
);
export type PeerJoinAnswer = Type.Static<typeof PeerJoinAnswer>;

export const PeerRenewRequest = Type.Object(
  { certificateRequest: Pem },
  { ...strict, $id: "PeerRenewRequest" },
);
export type PeerRenewRequest = Type.Static<typeof PeerRenewRequest>;

export const PeerRenewAnswer = Type.Object(
  { certificate: Pem, roster: SignedRoster },
  { ...strict, $id: "PeerRenewAnswer" },
);
export type PeerRenewAnswer = Type.Static<typeof PeerRenewAnswer>;

/** Opens a session: the target makes a worker that listens for lanes which show the ticket. */
export const PeerSessionRequest = Type.Object(
  {
    migrationId: Uuid,
    vmId: Uuid,
    vmName: Name,
    /** Name of the source host; the certificate says which host it really is. */
    source: Name,
    requestedBy: Type.Optional(Type.String({ maxLength: 128 })),
    /** Session protocol versions that the source speaks. */
    versions: Type.Array(Type.Integer({ minimum: 1, maximum: 65_535 }), {
      minItems: 1,
      maxItems: 16,
    }),
    options: Type.Optional(MigrationOptions),
  },
  { ...strict, $id: "PeerSessionRequest" },
);
export type PeerSessionRequest = Type.Static<typeof PeerSessionRequest>;

export const PeerSessionAnswer = Type.Object(
  {
    sessionId: Uuid,
    addresses: Type.Array(Type.String({ maxLength: 255 }), { minItems: 1, maxItems: 64 }),
    port: Type.Integer({ minimum: 1, maximum: 65_535 }),
    /** 32 random bytes, base64url; each lane's first frame shows it. Secret. */
    ticket: Type.String({ pattern: "^[A-Za-z0-9_-]{43}$" }),
    version: Type.Integer({ minimum: 1, maximum: 65_535 }),
  },
  { ...strict, $id: "PeerSessionAnswer" },
);
export type PeerSessionAnswer = Type.Static<typeof PeerSessionAnswer>;

/** What a host knows about its half of a migration: the column "there" of the recovery table. */
export const PeerMigrationStatus = Type.Object(
  {
    /** Kind of the last journal record; null when the host has no record of the migration. */
    record: nullable(Type.String({ maxLength: 64 })),
    /** Generation that the VM has there; null when the VM is not there. */
    generation: nullable(Type.Integer({ minimum: 1 })),
    /** What QEMU says there. */
    guest: Type.Union([
      Type.Literal("running"),
      Type.Literal("paused"),
      Type.Literal("absent"),
      Type.Literal("unknown"),
    ]),
  },
  { ...strict, $id: "PeerMigrationStatus" },
);
export type PeerMigrationStatus = Type.Static<typeof PeerMigrationStatus>;

export const PeerTakeRequest = Type.Object(
  { generation: Type.Integer({ minimum: 1 }) },
  { ...strict, $id: "PeerTakeRequest" },
);
export type PeerTakeRequest = Type.Static<typeof PeerTakeRequest>;

/** The target's half of the checks: the source sends what the VM is, the target says what speaks against it. */
export const PeerCheckRequest = Type.Object(
  {
    definition: VmDefinition,
    options: Type.Optional(MigrationOptions),
    /** Facts of the source that the target's checks compare, such as pool ids and its QEMU version. */
    facts: Type.Unknown(),
  },
  { ...strict, $id: "PeerCheckRequest" },
);
export type PeerCheckRequest = Type.Static<typeof PeerCheckRequest>;

export const PeerCheckAnswer = Type.Object(
  { findings: Type.Array(Finding, { maxItems: 1000 }), facts: Type.Unknown() },
  { ...strict, $id: "PeerCheckAnswer" },
);
export type PeerCheckAnswer = Type.Static<typeof PeerCheckAnswer>;
