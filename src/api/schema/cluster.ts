/** The cluster: founding and joining one, how it stands, its settings, and the VMs that it keeps running. */
import Type from "typebox";
import { ClusterSettings as Settings } from "../../cluster/records.ts";
import { type OwnerRecord, ownerRecords } from "../../migration/recovery.ts";
import { DeviceName, Name, Uuid } from "../../vm/definition.ts";
import { VmPolicy as Policy } from "../../vm/vm-policy.ts";

const strict = { additionalProperties: false } as const;
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Milliseconds = Type.Number({ minimum: 0 });
const Count = Type.Integer({ minimum: 0 });
const Pem = Type.String({ maxLength: 65_536 });

export const ClusterSettings = Type.Object(Settings.properties, {
  ...strict,
  $id: "ClusterSettings",
});
export type ClusterSettings = Type.Static<typeof ClusterSettings>;

/** Of an etcd that is there already: who it shall be believed by and what it wants to see, PEM. */
const EtcdCertificates = Type.Object({ ca: Pem, cert: Pem, key: Pem }, strict);

export const ClusterCreate = Type.Object(
  {
    name: Name,
    /** Absent: Ferry sets up etcd's members and looks after them. */
    etcd: Type.Optional(
      Type.Object(
        {
          endpoints: Type.Array(Type.String({ pattern: "^https://[^/ ]+$", maxLength: 300 }), {
            minItems: 1,
            maxItems: 9,
          }),
          /** Absent: this host's certificate and its domain's authority. */
          certificates: Type.Optional(EtcdCertificates),
        },
        strict,
      ),
    ),
    settings: Type.Optional(Type.Partial(Settings, strict)),
  },
  { ...strict, $id: "ClusterCreate" },
);
export type ClusterCreate = Type.Static<typeof ClusterCreate>;

export const ClusterJoin = Type.Object(
  {
    /** Which, where hosts of the domain are in several. */
    name: Type.Optional(Name),
    /** As the cluster was created with. */
    certificates: Type.Optional(EtcdCertificates),
  },
  { ...strict, $id: "ClusterJoin" },
);
export type ClusterJoin = Type.Static<typeof ClusterJoin>;

export const ClusterForget = Type.Object({ host: Name }, { ...strict, $id: "ClusterForget" });
export type ClusterForget = Type.Static<typeof ClusterForget>;

export const VmPolicy = Type.Object(Policy.properties, { ...strict, $id: "VmPolicy" });
export type VmPolicy = Type.Static<typeof VmPolicy>;

export const ClusterVm = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    /** Name of the host that has it; null while none could start it. */
    host: nullable(Type.String()),
    generation: Type.Integer({ minimum: 1 }),
    wanted: Type.Unsafe<"running" | "stopped">(Type.String({ enum: ["running", "stopped"] })),
    /** When it came to that host. */
    since: Milliseconds,
    policy: VmPolicy,
    /** Why it does not run although it should; null when it does. */
    trouble: nullable(Type.String()),
  },
  { $id: "ClusterVm" },
);
export type ClusterVm = Type.Static<typeof ClusterVm>;

export const ClusterHost = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    /** `silent`: not heard for a third of the lease; `unknown`: etcd does not answer. */
    state: Type.Unsafe<"alive" | "silent" | "dead" | "unknown">(
      Type.String({ enum: ["alive", "silent", "dead", "unknown"] }),
    ),
    self: Type.Boolean(),
    coordinator: Type.Boolean(),
    /** Raised whenever it comes back from being dead. */
    incarnation: nullable(Type.Integer({ minimum: 1 })),
    joinedAt: nullable(Milliseconds),
    /** Without a break. */
    since: nullable(Milliseconds),
    death: nullable(Type.Object({ at: Milliseconds, by: Type.String(), how: Type.String() })),
    /** VMs of the cluster that it has. */
    vms: Count,
    /** What switches it off when it is silent, and why that failed the last time; null: its lease alone counts. */
    fence: nullable(Type.Object({ agent: Type.String(), trouble: nullable(Type.String()) })),
  },
  { $id: "ClusterHost" },
);
export type ClusterHost = Type.Static<typeof ClusterHost>;

const EtcdMember = Type.Object(
  {
    name: Type.String(),
    endpoint: nullable(Type.String()),
    answers: Type.Boolean(),
    hasLeader: Type.Boolean(),
    isLearner: Type.Boolean(),
    version: nullable(Type.String()),
    dataBytes: nullable(Count),
  },
  { $id: "EtcdMember" },
);

export const ClusterStatus = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    /** Whether Ferry looks after etcd. */
    managed: Type.Boolean(),
    settings: ClusterSettings,
    /** What follows from the settings' `leaseMs`; docs/cluster.md derives each. Milliseconds. */
    times: Type.Object({
      leaseMs: Milliseconds,
      beatMs: Milliseconds,
      attemptMs: Milliseconds,
      fenceMs: Milliseconds,
      killMs: Milliseconds,
      askMs: Milliseconds,
    }),
    etcd: Type.Object({
      members: Type.Array(EtcdMember),
      voters: Count,
      working: Count,
      needed: Count,
      hasQuorum: Type.Boolean(),
    }),
    /** Of the host that was asked. */
    lease: Type.Object({
      standing: Type.Unsafe<"held" | "lapsed" | "dead">(
        Type.String({ enum: ["held", "lapsed", "dead"] }),
      ),
      silentMs: nullable(Type.Number()),
      trouble: nullable(Type.String()),
    }),
    hosts: Type.Array(ClusterHost),
    vms: Type.Array(ClusterVm),
    problems: Type.Array(Type.Object({ problem: Type.String(), remedy: Type.String() })),
  },
  { $id: "ClusterStatus" },
);
export type ClusterStatus = Type.Static<typeof ClusterStatus>;

/** `cluster` is null on a host that is in none. */
export const ClusterAnswer = Type.Object(
  { cluster: nullable(ClusterStatus) },
  { $id: "ClusterAnswer" },
);
export type ClusterAnswer = Type.Static<typeof ClusterAnswer>;

/** A move that would even out the hosts, and why. */
export const ProposedMove = Type.Object(
  {
    vm: Type.Object({ id: Type.String(), name: Type.String() }),
    from: Type.String(),
    /** Null when no host can have it. */
    to: nullable(Type.String()),
    reason: Type.String(),
  },
  { $id: "ProposedMove" },
);
export type ProposedMove = Type.Static<typeof ProposedMove>;

export const BalanceAnswer = Type.Object(
  {
    hosts: Type.Array(
      Type.Object({
        name: Type.String(),
        memoryTotalBytes: Count,
        memoryAvailableBytes: Count,
        threads: Count,
        runningVms: Count,
      }),
    ),
    /** None: the hosts are even enough. */
    moves: Type.Array(ProposedMove),
  },
  { $id: "BalanceAnswer" },
);
export type BalanceAnswer = Type.Static<typeof BalanceAnswer>;

/** Everything that the cluster keeps in etcd, to be restored when all of it is lost. */
export const ClusterBackup = Type.Object(
  {
    format: Type.Literal("ferry-cluster-1"),
    at: Milliseconds,
    cluster: Type.Object({ id: Uuid, name: Name }),
    records: Type.Array(Type.Object({ key: Type.String(), value: Type.String() })),
  },
  { ...strict, $id: "ClusterBackup" },
);
export type ClusterBackup = Type.Static<typeof ClusterBackup>;

export const ClusterRestored = Type.Object(
  {
    /** Hosts that go on with the restored data, and those that have to be told again: by restoring, or by joining anew. */
    told: Type.Array(Type.String()),
    silent: Type.Array(Type.String()),
  },
  { $id: "ClusterRestored" },
);
export type ClusterRestored = Type.Static<typeof ClusterRestored>;

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

// ---- what hosts ask each other ----

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
    address: Type.String({ maxLength: 64 }),
    clientPort: Type.Integer({ minimum: 1, maximum: 65_535 }),
    peerPort: Type.Integer({ minimum: 1, maximum: 65_535 }),
    initialCluster: Type.String({ maxLength: 4096 }),
    state: Type.Unsafe<"new" | "existing">(Type.String({ enum: ["new", "existing"] })),
    token: Uuid,
  },
  { ...strict, $id: "PeerMemberRequest" },
);

export const PeerRestored = Type.Object(
  { id: Uuid, name: Name, endpoints: Type.Array(Type.String(), { minItems: 1 }) },
  { ...strict, $id: "PeerRestored" },
);
