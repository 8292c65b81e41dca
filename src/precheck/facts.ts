/**
 * What one host says about itself in view of one VM: the input of every check. Both hosts gather the same facts by the same
 * function (gather.ts); the target's cross the network and are checked against this schema before anything believes them.
 *
 * Agents of different age ask each other: a fact that is added here is `since(3, Type.Optional(…))`, and a check passes or warns where the
 * other host does not tell it; what is not in the schema is let pass unread, since the other host may be the newer one.
 */
import Type from "typebox";
import { MigrationNetwork } from "../network/migration-network.ts";
import { since } from "../protocol/since.ts";
import { ConvergencePolicy, PerformanceOption } from "../migration/record.ts";
import { VmDefinition } from "../vm/definition.ts";
import { CapacityFacts } from "./capacity-facts.ts";
import { OwnPastMoves } from "./past-moves.ts";
import { SwitchFacts } from "./switch-facts.ts";
import { AttachedFacts } from "./attached-facts.ts";

const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Bytes = Type.Integer({ minimum: 0 });
const Features = Type.Array(Type.String({ maxLength: 64 }), { maxItems: 4096 });

const MountFacts = Type.Object({
  type: Type.String({ maxLength: 64 }),
  source: Type.String({ maxLength: 4096 }),
  options: Type.Array(Type.String({ maxLength: 4096 }), { maxItems: 64 }),
});

export const PoolFacts = Type.Object({
  id: Type.String(),
  freeBytes: Bytes,
  /** What the proof file held when this host read it, before it answered; null when it sees none. */
  proof: nullable(Type.String({ maxLength: 256 })),
  /** Why this host could not write its answer into the proof; null when it could. */
  writeError: nullable(Type.String({ maxLength: 1024 })),
  /** Of the files the VM uses in this pool: those this host does not see. */
  missing: Type.Array(Type.String({ maxLength: 256 }), { maxItems: 64 }),
  /** What the pool's directory lies on. */
  mount: since(3, Type.Optional(MountFacts)),
  /** Whether this host sees that a name is taken which the source holds there. */
  lock: since(3, Type.Optional(Type.Union([Type.Literal("held"), Type.Literal("broken")]))),
  /** Of the files the VM uses: those that QEMU's user here may not read, or not write where the guest writes. */
  refused: since(3, Type.Optional(Type.Array(Type.String({ maxLength: 256 }), { maxItems: 64 }))),
  /** Why disks can't be opened past the page cache here; null when they can. */
  directError: since(3, Type.Optional(nullable(Type.String({ maxLength: 1024 })))),
});

/** A pool as a place for disks that come. */
export const StorageFacts = Type.Object({
  /** What is promised to moves under way is taken off already. */
  freeBytes: Bytes,
  /** Of the names of the VM's files: those that a file here has, with its size; and what is kept half copied of its disks. */
  files: Type.Record(Type.String({ maxLength: 256 }), Bytes),
  /** Why this host can't make files there; null when it can. */
  writeError: nullable(Type.String({ maxLength: 1024 })),
});

/** A disk's image, as its owner sees it. */
export const ImageFacts = Type.Object({
  virtualBytes: Bytes,
  allocatedBytes: Bytes,
  /** Of what it stands on; absent where it stands on nothing. */
  backingBytes: since(3, Type.Optional(Bytes)),
  /** Snapshots inside the image; a copy would lose them. */
  snapshots: Type.Integer({ minimum: 0 }),
});

export const HostFacts = Type.Object({
  host: Type.String({ maxLength: 255 }),
  ferryVersion: Type.String({ maxLength: 64 }),
  protocolVersions: Type.Array(Type.Integer({ minimum: 1 }), { maxItems: 16 }),
  definitionVersion: Type.Integer({ minimum: 1 }),
  clockMs: Type.Number(),
  qemu: nullable(
    Type.Object({
      version: Type.String({ maxLength: 64 }),
      machineTypes: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 1024 }),
    }),
  ),
  /** The version of its swtpm; null: none; absent: it knows of no TPM. */
  tpmEmulator: since(3, Type.Optional(nullable(Type.String({ maxLength: 64 })))),
  accelerator: Type.Union([Type.Literal("kvm"), Type.Literal("tcg")]),
  /** Why it is not KVM; null when it is. */
  acceleratorReason: since(3, Type.Optional(nullable(Type.String({ maxLength: 256 })))),
  /** Where this host has the VM: what its guest's processor has, in QEMU's names. */
  guestFeatures: since(3, Type.Optional(Features)),
  /** Runnable tasks, averaged over a minute, and logical CPUs. */
  load: since(
    3,
    Type.Optional(Type.Object({ oneMinute: Type.Number(), cpus: Type.Integer({ minimum: 1 }) })),
  ),
  /** The domain it belongs to, and the ids of those that its domain trusts. */
  domain: since(
    3,
    Type.Optional(
      Type.Object({
        id: Type.String({ maxLength: 64 }),
        name: Type.String({ maxLength: 64 }),
        trusted: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 256 }),
        /** When the host's certificate runs out, milliseconds since the epoch. */
        certificateUntilMs: Type.Optional(Type.Number()),
      }),
    ),
  ),
  /** The cluster it is in, whether it may run the cluster's VMs and change its records now, and which of its VMs those are. */
  cluster: since(
    3,
    Type.Optional(
      Type.Object({
        id: Type.String({ maxLength: 64 }),
        name: Type.String({ maxLength: 64 }),
        /** Why it can't; null when it can. */
        trouble: nullable(Type.String({ maxLength: 1024 })),
        vms: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 4096 }),
        /** Names of physical disks that every host of it has. */
        disks: Type.Optional(Type.Array(Type.String({ maxLength: 256 }), { maxItems: 4096 })),
      }),
    ),
  ),
  cpu: Type.Object({
    vendor: Type.String({ maxLength: 64 }),
    flags: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 2048 }),
    model: since(3, Type.Optional(Type.String({ maxLength: 256 }))),
    microcode: since(3, Type.Optional(nullable(Type.String({ maxLength: 64 })))),
    /** Whether KVM lets guests run guests; null without KVM. */
    nested: since(3, Type.Optional(nullable(Type.Boolean()))),
    /** Every feature a guest can have here, in QEMU's names. */
    available: since(3, Type.Optional(Features)),
    /** The CPU models that this host's QEMU knows, by name. */
    models: since(3, Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 1024 }))),
  }),
  memoryAvailableBytes: Bytes,
  /** Where disks go that come here without a pool of their own name; null: nowhere. */
  defaultDiskPool: nullable(Type.String({ maxLength: 64 })),
  /** Where sources reach this host for moves, the best first; none when it has no address in its own migration networks. */
  moveAddresses: Type.Array(Type.String({ maxLength: 255 }), { maxItems: 64 }),
  /** Those that moves from here use; null: any. */
  migrationNetworks: nullable(Type.Array(MigrationNetwork, { maxItems: 64 })),
  /** How memory crosses from here, where a move asks for nothing else. */
  performanceOption: PerformanceOption,
  /** What is done here with a guest that writes faster than the link, where a move asks for nothing else. */
  convergencePolicy: since(3, Type.Optional(ConvergencePolicy)),
  /** Why this host's QEMU cannot fetch pages that a guest misses, and what mends it; null where it can. */
  postCopy: since(
    3,
    Type.Optional(
      nullable(
        Type.Object({
          present: Type.String({ maxLength: 256 }),
          remedy: Type.String({ maxLength: 512 }),
        }),
      ),
    ),
  ),
  /** Its RDMA devices, by the kernel's names. */
  rdmaDevices: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 64 }),
  /** Where those with a link are reached in its migration networks, as `10.1.0.5/24`; absent: it moves nothing over RDMA. */
  rdmaAddresses: since(
    3,
    Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 64 })),
  ),
  /** Why no move leaves this host or comes to it now; null where one may. */
  closed: Type.Object({
    outgoing: nullable(Type.String({ maxLength: 256 })),
    incoming: nullable(Type.String({ maxLength: 256 })),
  }),
  /** What this host knows under the VM's name or id already; null when nothing. */
  known: nullable(
    Type.Object({ id: Type.String({ maxLength: 64 }), state: Type.String({ maxLength: 32 }) }),
  ),
  /** By pool name; null for a pool this host does not have. */
  pools: Type.Record(Type.String({ maxLength: 64 }), nullable(PoolFacts)),
  /** Every pool of this host, by name. */
  storage: Type.Record(Type.String({ maxLength: 64 }), StorageFacts),
  /** Images of this host's other VMs that have a name of the VM's files; absent: it does not say. */
  usedImages: since(
    3,
    Type.Optional(
      Type.Array(
        Type.Object({
          pool: Type.String({ maxLength: 64 }),
          file: Type.String({ maxLength: 256 }),
          vm: Type.String({ maxLength: 64 }),
          isRead: Type.Boolean(),
        }),
        { maxItems: 1024 },
      ),
    ),
  ),
  /** By disk name; empty on a host that does not own the VM. */
  images: Type.Record(Type.String({ maxLength: 64 }), ImageFacts),
  /** By switch name: the bridge, or null for a switch this host does not have. */
  switches: Type.Record(Type.String({ maxLength: 64 }), nullable(Type.String({ maxLength: 32 }))),
  /** What its own moves were like, for one that has made none. */
  pastMoves: since(3, Type.Optional(OwnPastMoves)),
  attached: since(3, Type.Optional(AttachedFacts)),
  network: since(3, Type.Optional(SwitchFacts)),
  capacity: since(3, Type.Optional(CapacityFacts)),
});
export type HostFacts = Type.Static<typeof HostFacts>;

/** The source's question to the target. */
export const FactsRequest = Type.Object(
  {
    definition: VmDefinition,
    /** The source has written this file into each pool; whoever sees the same bytes sees it too. */
    proof: Type.String({ pattern: "^[0-9a-f]{32}$" }),
  },
  { additionalProperties: false },
);
export type FactsRequest = Type.Static<typeof FactsRequest>;
