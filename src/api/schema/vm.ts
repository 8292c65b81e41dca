/** VMs: what people send to create one (src/vm/draft.ts says what each property means), and what they get to see. */
import Type from "typebox";
import { since } from "../../protocol/since.ts";
import { MachineType, Name, VmDefinition } from "../../vm/definition.ts";
import { VmDraft } from "../../vm/draft.ts";
import { StorageMoveRecord } from "../../vm/storage-move-record.ts";
import { type Ownership, type VmState, vmStates } from "../../vm/vm-host.ts";
import { Scope, Unreachable } from "./scope.ts";

const strict = { additionalProperties: false } as const;
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

export const VmCreate = Type.Object(VmDraft.properties, { ...strict, $id: "VmCreate" });
export type VmCreate = VmDraft;

/**
 * `PUT` replaces the definition of a VM: the whole document, as `GET` shows it in `definition`. Only its version is
 * looked at here, so that a document of a newer Ferry is answered as such and not as a heap of unknown properties.
 */
export const VmDocument = Type.Object(
  { version: Type.Integer({ minimum: 1 }), name: Name },
  { additionalProperties: true, $id: "VmDocument" },
);
export type VmDocument = Type.Static<typeof VmDocument>;

export const Vm = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    /** Name of the host that answers for it. */
    host: Type.String(),
    state: Type.Unsafe<VmState>(Type.String({ enum: [...vmStates] })),
    ownership: Type.Unsafe<Ownership>(Type.String({ enum: ["owner", "incoming", "handed-over"] })),
    generation: Type.Integer({ minimum: 1 }),
    /** The migration under way, or null. */
    migration: nullable(Type.String()),
    createdAt: Type.Number(),
    definition: VmDefinition,
    /** The latest move of its disks to other pools of its host; null without one since the agent started. */
    storageMove: since(3, Type.Union([StorageMoveRecord, Type.Null()], { default: null })),
  },
  { $id: "Vm" },
);
export type Vm = Type.Static<typeof Vm>;

export const VmList = Type.Object(
  { vms: Type.Array(Vm), unreachable: Unreachable },
  { $id: "VmList" },
);
export type VmList = Type.Static<typeof VmList>;

export const VmListQuery = Type.Object(
  { host: Type.Optional(Name), scope: Type.Optional(Scope) },
  strict,
);
export type VmListQuery = Type.Static<typeof VmListQuery>;

export const VmDeleteQuery = Type.Object(
  {
    host: Type.Optional(Name),
    disks: Type.Optional(
      Type.Unsafe<"delete" | "keep">(Type.String({ enum: ["delete", "keep"], default: "keep" })),
    ),
  },
  strict,
);
export type VmDeleteQuery = Type.Static<typeof VmDeleteQuery>;

export const VmShutdown = Type.Object(
  {
    /** How long the guest may take before it is powered off; absent: one minute. */
    timeoutMs: Type.Optional(Type.Integer({ minimum: 0, maximum: 3_600_000 })),
  },
  { ...strict, $id: "VmShutdown" },
);
export type VmShutdown = Type.Static<typeof VmShutdown>;

/** Where a VM's disks go on its own host; one of the two must say something. */
export const VmMoveStorage = Type.Object(
  {
    /** For all disks. */
    pool: Type.Optional(Name),
    /** By disk, before `pool`. */
    pools: Type.Optional(Type.Record(Name, Name)),
  },
  { ...strict, $id: "VmMoveStorage" },
);
export type VmMoveStorage = Type.Static<typeof VmMoveStorage>;

export const VmUpgrade = Type.Object(
  {
    /** A newer machine type of the same kind; null takes back an upgrade that waits. */
    machineType: Type.Union([MachineType, Type.Null()]),
  },
  { additionalProperties: false, $id: "VmUpgrade" },
);
export type VmUpgrade = Type.Static<typeof VmUpgrade>;

/** `POST /v1/vms/{vm}/{action}`; only `shutdown` takes a body. */
export const vmActions = ["start", "shutdown", "power-off", "pause", "resume", "restart"] as const;
export type VmAction = (typeof vmActions)[number];
