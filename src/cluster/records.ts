/** What a cluster keeps in etcd, as schemas: agents of different age read each other's records, so what is new has a default. Pure. */
import Type from "typebox";
import Value from "typebox/value";
import { compiled } from "../base/compiled.ts";
import { FerryError } from "../base/errors.ts";
import { Name, Uuid, VmDefinition } from "../vm/definition.ts";
import { VmPolicy } from "../vm/vm-policy.ts";
import type { Kept } from "./etcd-request.ts";
import { leaseMsDefault, leaseMsLeast, leaseMsMost } from "./times.ts";

const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Milliseconds = Type.Number({ minimum: 0 });
const strict = { additionalProperties: false } as const;

export const ClusterSettings = Type.Object(
  {
    /** How long a host may be silent before its VMs start elsewhere; every other time derives from it (times.ts). */
    leaseMs: Type.Integer({ minimum: leaseMsLeast, maximum: leaseMsMost, default: leaseMsDefault }),
    /** Members of etcd that Ferry looks after; as many as there are hosts for, always an odd number. */
    etcdMembers: Type.Unsafe<1 | 3 | 5>(Type.Integer({ enum: [1, 3, 5], default: 3 })),
    /** False: a dead host's VMs wait for it, or for a person. */
    failover: Type.Boolean({ default: true }),
    /** Moves at once in the whole cluster; null: as many as the hosts' own limits allow. */
    movesMax: Type.Union([Type.Integer({ minimum: 1, maximum: 1000 }), Type.Null()], {
      default: null,
    }),
  },
  strict,
);
export type ClusterSettings = Type.Static<typeof ClusterSettings>;

export const ClusterRecord = Type.Object({
  id: Uuid,
  name: Name,
  createdAt: Milliseconds,
  /** True: Ferry sets up and looks after etcd's members; false: somebody else does. */
  managed: Type.Boolean(),
  settings: ClusterSettings,
});
export type ClusterRecord = Type.Static<typeof ClusterRecord>;

export const HostRecord = Type.Object({
  id: Uuid,
  name: Name,
  joinedAt: Milliseconds,
  /** Raised whenever the host comes back after it was declared dead. */
  incarnation: Type.Integer({ minimum: 1 }),
  since: Milliseconds,
  /** Where a member of etcd of this host listens, if it has one or gets one; null where somebody else looks after etcd. */
  place: nullable(
    Type.Object({
      address: Type.String(),
      clientPort: Type.Integer(),
      peerPort: Type.Integer(),
    }),
  ),
});
export type HostRecord = Type.Static<typeof HostRecord>;

export const BeatRecord = Type.Object({
  incarnation: Type.Integer({ minimum: 1 }),
  /** The lease that the host keeps to from this beat on; a watcher goes by this, not by the settings. */
  leaseMs: Type.Number({ minimum: 1 }),
});
export type BeatRecord = Type.Static<typeof BeatRecord>;

/** Written by whoever found it out; holds for this incarnation and every one before it. */
export const DeadRecord = Type.Object({
  incarnation: Type.Integer({ minimum: 1 }),
  at: Milliseconds,
  by: Type.String(),
  /** `lease`: it lapsed; `person`: somebody gave their word; `power`: it was switched off. */
  how: Type.Unsafe<"lease" | "person" | "power">(Type.String()),
});
export type DeadRecord = Type.Static<typeof DeadRecord>;

/** How a host's power is switched off (fences.ts). */
export const FenceRecord = Type.Object({
  host: Uuid,
  /** One of Debian's fence agents. */
  agent: Type.String(),
  options: Type.Record(Type.String(), Type.String()),
  action: Type.Unsafe<"off" | "reboot">(Type.String({ enum: ["off", "reboot"], default: "off" })),
  /** Why it failed the last time it was wanted. */
  trouble: nullable(Type.String()),
});
export type FenceRecord = Type.Static<typeof FenceRecord>;

/** A pool that every host reaches (volumes.ts). */
export const VolumeRecord = Type.Object({
  pool: Name,
  /** What its file `.ferry-volume` holds. */
  token: Type.String(),
  /** What becomes of a host's VMs that have a disk there when the host loses it. */
  onLoss: Type.Unsafe<"pause" | "move">(Type.String({ enum: ["pause", "move"], default: "pause" })),
});
export type VolumeRecord = Type.Static<typeof VolumeRecord>;

/** One of the moves that there may be at once (move-slots.ts). */
export const MoveSlotRecord = Type.Object({ host: Uuid, migration: Uuid });
export type MoveSlotRecord = Type.Static<typeof MoveSlotRecord>;

/** A physical disk that every host has (shared-disks.ts). */
export const DiskRecord = Type.Object({
  /** Its name below /dev/disk, the same on every host. */
  device: Type.String(),
  bytes: Type.Integer({ minimum: 0 }),
});
export type DiskRecord = Type.Static<typeof DiskRecord>;

/** How one host reaches the volumes, as it says itself. */
export const VolumeStates = Type.Object({
  host: Uuid,
  /** What it writes into its file on each: new whenever its agent starts. */
  mark: Type.String(),
  volumes: Type.Record(
    Type.String(),
    Type.Object({ trouble: nullable(Type.String()), doubt: nullable(Type.String()) }),
  ),
});
export type VolumeStates = Type.Static<typeof VolumeStates>;

export const CoordinatorRecord = Type.Object({
  host: Uuid,
  name: Type.String(),
  since: Milliseconds,
  /** Rises, so that the record changes while its holder lives. */
  count: Type.Integer({ minimum: 0 }),
});
export type CoordinatorRecord = Type.Static<typeof CoordinatorRecord>;

export const VmRecord = Type.Object({
  id: Uuid,
  definition: VmDefinition,
  /** Id of the host that owns it; null while no host could start it. */
  owner: nullable(Uuid),
  /** The owner's incarnation when it got the VM: an owner that came back has to ask for its VMs anew. */
  incarnation: Type.Integer({ minimum: 0 }),
  generation: Type.Integer({ minimum: 1 }),
  /** Whether it shall run: as it was left by people and by the guest itself. */
  wanted: Type.Unsafe<"running" | "stopped">(Type.String()),
  policy: VmPolicy,
  /** When it got this owner. */
  since: Milliseconds,
  /** Hosts that could not start it since it last ran. */
  tried: Type.Optional(Type.Array(Type.String())),
  /** Why it does not run although it should. */
  trouble: Type.Optional(nullable(Type.String())),
  /** It was handed over to a host that is not in the cluster, from one that is; kept until both know it. */
  left: Type.Optional(nullable(Type.Object({ from: Uuid, to: Type.String() }))),
});
export type VmRecord = Type.Static<typeof VmRecord>;

/** A record with etcd's revision of it: the key to changing it. */
export type Versioned<Record> = Record & { readonly revision: string };

/** @throws FerryError `peer-protocol` naming the key. */
export function readRecord<Schema extends Type.TSchema>(
  schema: Schema,
  { key, value, revision }: Kept,
): Versioned<Type.Static<Schema>> {
  try {
    const read: unknown = JSON.parse(value);
    // As nearly all are: thousands are read at once, and what follows takes forty times as long.
    const record = compiled(schema).Check(read)
      ? (read as object)
      : (Value.Parse(schema, Value.Default(schema, read)) as object);
    return { ...record, revision } as Versioned<Type.Static<Schema>>;
  } catch (cause) {
    throw new FerryError("peer-protocol", `Cannot understand the cluster's record "${key}"`, {
      remedy: "A newer Ferry may have written it: install the same version on every host",
      cause,
    });
  }
}

export function writeRecord<Record extends object>(record: Record): string {
  const { revision: _, ...kept } = record as Record & { revision?: string };
  return JSON.stringify(kept);
}
