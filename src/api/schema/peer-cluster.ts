/** What the hosts of a cluster ask each other beside etcd. */
import Type from "typebox";
import { since } from "../../protocol/since.ts";
import { type OwnerRecord, ownerRecords } from "../../migration/recovery-facts.ts";
import { DeviceName, Name, Uuid } from "../../vm/definition.ts";

const strict = { additionalProperties: false } as const;
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Count = Type.Integer({ minimum: 0 });

export const PeerClusterPlace = Type.Object(
  {
    place: nullable(
      Type.Object({
        id: Uuid,
        name: Name,
        managed: Type.Boolean(),
        endpoints: Type.Array(Type.String()),
      }),
    ),
  },
  { $id: "PeerClusterPlace" },
);

export const PeerClusterRoom = Type.Object(
  {
    memoryAvailableBytes: Type.Number(),
    memoryTotalBytes: Type.Number(),
    threads: Count,
    runningVms: Count,
    drained: Type.Boolean(),
    pools: Type.Array(Type.String()),
    switches: Type.Array(Type.String()),
  },
  { $id: "PeerClusterRoom" },
);

export const PeerConsentRequest = Type.Object(
  { leaseMs: Type.Number({ minimum: 1, maximum: 600_000 }) },
  { ...strict, $id: "PeerConsentRequest" },
);
export const PeerConsentAnswer = Type.Object(
  { consents: Type.Boolean() },
  { $id: "PeerConsentAnswer" },
);

export const PeerOwnerQuestion = Type.Object(
  { cluster: Uuid, vm: Uuid, generation: Type.Integer({ minimum: 1 }) },
  { ...strict, $id: "PeerOwnerQuestion" },
);
export const PeerOwnerAnswer = Type.Object(
  {
    owner: Type.Unsafe<OwnerRecord>(Type.String({ enum: [...ownerRecords] })),
  },
  { $id: "PeerOwnerAnswer" },
);

export const PeerDiskQuestion = Type.Object(
  { device: DeviceName },
  { ...strict, $id: "PeerDiskQuestion" },
);
export const PeerDiskLook = Type.Object(
  { bytes: Count, digest: Type.String({ pattern: "^[0-9a-f]{64}$" }) },
  { $id: "PeerDiskLook" },
);

export const PeerMemberRequest = Type.Object(
  {
    name: Name,
    address: Type.String({ maxLength: 255 }),
    clientPort: Type.Integer({ minimum: 1, maximum: 65_535 }),
    peerPort: Type.Integer({ minimum: 1, maximum: 65_535 }),
    initialCluster: Type.String({ maxLength: 4096 }),
    state: Type.Unsafe<"new" | "existing">(Type.String({ enum: ["new", "existing"] })),
    token: Uuid,
    member: since(3, Type.Optional(Type.String({ pattern: "^[0-9]{1,20}$" }))),
  },
  { ...strict, $id: "PeerMemberRequest" },
);

export const PeerRestored = Type.Object(
  { id: Uuid, name: Name, endpoints: Type.Array(Type.String(), { minItems: 1 }) },
  { ...strict, $id: "PeerRestored" },
);
