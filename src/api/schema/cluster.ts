/** The cluster: founding and joining one, how it stands, its settings, and the VMs that it keeps running. */
import Type from "typebox";
import { ClusterSettings as Settings } from "../../cluster/records.ts";
import { Name, Uuid } from "../../vm/definition.ts";
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
