/** What agents ask each other. Only a host certificate opens these routes, except `join`, which takes a join secret. */
import Type from "typebox";
import type { JournalKind } from "../../migration/journal-record.ts";
import { MigrationOptions } from "../../migration/record.ts";
import { type QemuState, qemuStates } from "../../migration/recovery-facts.ts";
import { FactsRequest, HostFacts } from "../../precheck/facts.ts";
import { JoinAnswer, JoinRequest, RenewAnswer, RenewRequest } from "../../trust/join-messages.ts";
import { since } from "../../protocol/since.ts";
import { SlotAnswer, SlotRequest } from "../../scheduler/slot-messages.ts";
import { FutureDefinition, Name, Uuid, VmDefinition } from "../../vm/definition.ts";

const strict = { additionalProperties: false } as const;
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

export const PeerJoinRequest = Type.Object(JoinRequest.properties, {
  ...strict,
  $id: "PeerJoinRequest",
});
export const PeerJoinAnswer = Type.Object(JoinAnswer.properties, {
  ...strict,
  $id: "PeerJoinAnswer",
});
export const PeerRenewRequest = Type.Object(RenewRequest.properties, {
  ...strict,
  $id: "PeerRenewRequest",
});
export const PeerRenewAnswer = Type.Object(RenewAnswer.properties, {
  ...strict,
  $id: "PeerRenewAnswer",
});

/** Opens a session: the target makes a worker that listens for lanes which show the ticket. */
export const PeerSessionRequest = Type.Object(
  {
    migrationId: Uuid,
    vmId: Uuid,
    vmName: Name,
    /** The VM's generation on the source. */
    generation: Type.Integer({ minimum: 1 }),
    /** Name of the source host; the certificate says which host it really is. */
    source: Name,
    requestedBy: Type.Optional(Type.String({ maxLength: 128 })),
    /** Session protocol versions that the source speaks. */
    versions: Type.Array(Type.Integer({ minimum: 1, maximum: 65_535 }), {
      minItems: 1,
      maxItems: 16,
    }),
    options: Type.Optional(MigrationOptions),
    /** Absent: a move. `post-copy`: pages that a guest misses, whose session has ended. */
    purpose: Type.Optional(since(3, Type.Literal("post-copy"))),
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

/** How a migration stands on a host (src/migration/peer-link.ts). */
export const PeerMigrationStatus = Type.Object(
  {
    last: nullable(Type.Unsafe<JournalKind>(Type.String({ maxLength: 64 }))),
    /** What its QEMU of the VM does. */
    qemu: since(3, Type.Optional(Type.Unsafe<QemuState>(Type.String({ enum: [...qemuStates] })))),
  },
  { ...strict, $id: "PeerMigrationStatus" },
);
export type PeerMigrationStatus = Type.Static<typeof PeerMigrationStatus>;

export const PeerTakeRequest = Type.Object(
  { generation: Type.Integer({ minimum: 1 }) },
  { ...strict, $id: "PeerTakeRequest" },
);
export type PeerTakeRequest = Type.Static<typeof PeerTakeRequest>;

/** The target's half of the checks: what it says about itself in view of one VM (src/precheck/facts.ts). */
export const PeerCheckRequest = Type.Object(
  {
    ...FactsRequest.properties,
    // A newer host asks too, and is told how old this one is (the check definition-version).
    definition: Type.Union([VmDefinition, FutureDefinition]),
  },
  { ...strict, $id: "PeerCheckRequest" },
);
export const PeerCheckAnswer = Type.Object(HostFacts.properties, {
  ...strict,
  $id: "PeerCheckAnswer",
});

/** Slots for moves (src/scheduler/slot-messages.ts). */
export const PeerSlotRequest = Type.Object(SlotRequest.properties, {
  ...strict,
  $id: "PeerSlotRequest",
});
export const PeerSlotAnswer = Type.Union(SlotAnswer.anyOf, { $id: "PeerSlotAnswer" });
