/** What a cluster has beside hosts and VMs: fences, shared volumes and physical disks. */
import Type from "typebox";
import { DeviceName } from "../../vm/definition.ts";

const strict = { additionalProperties: false } as const;
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Count = Type.Integer({ minimum: 0 });

const FenceAction = Type.Unsafe<"off" | "reboot">(
  Type.String({ enum: ["off", "reboot"], default: "off" }),
);
const FenceOptions = Type.Record(
  Type.String({ pattern: "^[a-z0-9_.]{1,40}$" }),
  Type.String({ maxLength: 1024 }),
);

/** How the power of a host is switched off before its VMs start elsewhere. */
export const FenceSet = Type.Object(
  {
    /** A program of Debian's package fence-agents, such as `fence_ipmilan`. */
    agent: Type.String({ maxLength: 64 }),
    /** As its manual page names them. */
    options: FenceOptions,
    action: Type.Optional(FenceAction),
  },
  { ...strict, $id: "FenceSet" },
);
export type FenceSet = Type.Static<typeof FenceSet>;

export const Fence = Type.Object(
  {
    host: Type.String(),
    agent: Type.String(),
    /** What is secret is not shown. */
    options: FenceOptions,
    action: FenceAction,
    /** Why it failed the last time it was wanted. */
    trouble: nullable(Type.String()),
  },
  { $id: "Fence" },
);
export type Fence = Type.Static<typeof Fence>;

export const FenceList = Type.Object({ fences: Type.Array(Fence) }, { $id: "FenceList" });
export type FenceList = Type.Static<typeof FenceList>;

export const FenceTest = Type.Object({ isOn: Type.Boolean() }, { $id: "FenceTest" });
export type FenceTest = Type.Static<typeof FenceTest>;

const OnLoss = Type.Unsafe<"pause" | "move">(
  Type.String({ enum: ["pause", "move"], default: "pause" }),
);

/** `onLoss`: VMs of a host that loses the volume are paused until it is back, or ended there and started on one that has it. */
export const VolumeSet = Type.Object(
  { onLoss: Type.Optional(OnLoss) },
  { ...strict, $id: "VolumeSet" },
);
export type VolumeSet = Type.Static<typeof VolumeSet>;

export const VolumeList = Type.Object(
  {
    volumes: Type.Array(
      Type.Object({
        pool: Type.String(),
        onLoss: OnLoss,
        /** Every host of the cluster, and why it does not reach the volume; null: it does. */
        hosts: Type.Array(Type.Object({ name: Type.String(), trouble: nullable(Type.String()) })),
      }),
    ),
  },
  { $id: "VolumeList" },
);
export type VolumeList = Type.Static<typeof VolumeList>;

/** A physical disk that every host of the cluster has: VMs with it may move. */
export const ClusterDisk = Type.Object({ device: DeviceName }, { ...strict, $id: "ClusterDisk" });
export type ClusterDisk = Type.Static<typeof ClusterDisk>;

export const ClusterDiskList = Type.Object(
  { disks: Type.Array(Type.Object({ device: Type.String(), bytes: Count })) },
  { $id: "ClusterDiskList" },
);
export type ClusterDiskList = Type.Static<typeof ClusterDiskList>;
