/** Hosts: this one in full, and the domain's as a list with whether they answer. */
import Type from "typebox";

const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Bytes = Type.Integer({ minimum: 0 });

export const Health = Type.Object(
  {
    status: Type.Literal("ok"),
    version: Type.String(),
    host: Type.String(),
    /** Milliseconds since the agent started. */
    uptimeMs: Type.Number({ minimum: 0 }),
  },
  { $id: "Health" },
);
export type Health = Type.Static<typeof Health>;

export const Host = Type.Object(
  {
    /** Null until the host belongs to a domain. */
    id: nullable(Type.String()),
    name: Type.String(),
    domain: nullable(Type.Object({ id: Type.String(), name: Type.String() })),
    /** Ferry's version, and the versions of the session protocol it speaks. */
    version: Type.String(),
    protocolVersions: Type.Array(Type.Integer({ minimum: 1 })),
    startedAt: Type.Number(),
    /** This host's clock, milliseconds since the epoch: certificates and records depend on it. */
    now: Type.Number(),
    operatingSystem: Type.String(),
    kernel: Type.String(),
    /** Null when QEMU is not installed. */
    qemu: nullable(
      Type.Object({ version: Type.String(), machineTypes: Type.Array(Type.String()) }),
    ),
    /** What guests are started with. */
    accelerator: Type.Union([Type.Literal("kvm"), Type.Literal("tcg")]),
    /** Why it is not KVM; null when it is. */
    acceleratorReason: Type.Optional(nullable(Type.String())),
    /** The versions of VM definitions that it understands. */
    definitionVersions: Type.Array(Type.Integer({ minimum: 1 }), { default: [1] }),
    cpu: Type.Object({
      model: Type.String(),
      threads: Type.Integer({ minimum: 1 }),
      flags: Type.Array(Type.String()),
    }),
    memory: Type.Object({ totalBytes: Bytes, availableBytes: Bytes }),
    /** Runnable tasks, a mean of the last minute. */
    load: Type.Optional(Type.Number({ minimum: 0 })),
    /** Since when it takes no VM, milliseconds since the epoch; null when it is open. */
    drainedSince: Type.Optional(nullable(Type.Number())),
    vms: Type.Object({
      total: Type.Integer({ minimum: 0 }),
      running: Type.Integer({ minimum: 0 }),
    }),
  },
  { $id: "Host" },
);
export type Host = Type.Static<typeof Host>;

/** A host as the domain's roster knows it. */
export const DomainHost = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    address: Type.String(),
    port: Type.Integer({ minimum: 1, maximum: 65_535 }),
    expelled: Type.Boolean(),
    self: Type.Boolean(),
    reachable: Type.Boolean(),
    /** Round trip of the question; null when the host did not answer. */
    roundTripMs: nullable(Type.Number({ minimum: 0 })),
    /** Why it is not reachable. */
    reason: nullable(Type.String()),
    version: nullable(Type.String()),
  },
  { $id: "DomainHost" },
);
export type DomainHost = Type.Static<typeof DomainHost>;

export const HostList = Type.Object({ hosts: Type.Array(DomainHost) }, { $id: "HostList" });
export type HostList = Type.Static<typeof HostList>;
