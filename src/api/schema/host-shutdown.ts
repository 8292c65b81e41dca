/** Shutting a host down: what becomes of its VMs, and how it stands. */
import Type from "typebox";
import { EndedVm, ShutdownEndSchema } from "../../scheduler/host-shutdown-state.ts";
import { Name } from "../../vm/definition.ts";
import { ShutdownPolicySchema } from "../../vm/shutdown-policy.ts";
import { DrainStatus } from "./drain.ts";

const strict = { additionalProperties: false } as const;
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const VmReference = Type.Object({ id: Type.String(), name: Type.String() });
/** More VMs than one host runs. */
const vmsMax = 4096;

const options = {
  /** For all VMs, this once. Absent: the host's setting, and a VM's own where it has one. */
  policy: Type.Optional(ShutdownPolicySchema),
  /** All of it, until the machine ends. Absent: the host's setting. Milliseconds. */
  withinMs: Type.Optional(Type.Integer({ minimum: 30_000, maximum: 25 * 60_000 })),
  /** Disks that a target does not reach may be copied; absent: VMs with such disks are shut down. */
  withStorage: Type.Optional(Type.Boolean()),
};

export const HostShutdownPlanRequest = Type.Object(options, {
  ...strict,
  $id: "HostShutdownPlanRequest",
});
export type HostShutdownPlanRequest = Type.Static<typeof HostShutdownPlanRequest>;

export const HostShutdownPlan = Type.Object(
  {
    policy: ShutdownPolicySchema,
    withinMs: Type.Integer({ minimum: 0 }),
    /** The VMs that run, the first that leaves first. */
    ends: Type.Array(
      Type.Object({
        vm: VmReference,
        does: Type.Unsafe<"move" | "shut-down" | "power-off">(
          Type.String({ enum: ["move", "shut-down", "power-off"] }),
        ),
        /** Where it goes; null where it does not, or a move that is under way takes it. */
        target: nullable(Type.String()),
        /** Highly available: what does not move starts on another host as soon as one can have it. */
        clustered: Type.Boolean(),
        /** Why it does not move, or loses its power; null where that is the policy. */
        reason: nullable(Type.String()),
      }),
    ),
    /** How long the moves take, judged by past ones; null when there are none. Milliseconds. */
    expectedMs: nullable(Type.Number({ minimum: 0 })),
  },
  { $id: "HostShutdownPlan" },
);
export type HostShutdownPlan = Type.Static<typeof HostShutdownPlan>;

/** The plan as somebody confirmed it: no VM goes where nobody named. */
export const HostShutdownBegin = Type.Object(
  {
    ...options,
    moves: Type.Array(Type.Object({ vm: Name, target: Name }, strict), { maxItems: vmsMax }),
    end: ShutdownEndSchema,
  },
  { ...strict, $id: "HostShutdownBegin" },
);
export type HostShutdownBegin = Type.Static<typeof HostShutdownBegin>;

export const HostShutdownStatus = Type.Object(
  {
    /** Null while the host is not being shut down; so the rest. */
    since: nullable(Type.Number()),
    /** When nothing is waited for any longer. Milliseconds since the epoch. */
    until: nullable(Type.Number()),
    requestedBy: nullable(Type.String()),
    policy: nullable(ShutdownPolicySchema),
    end: nullable(ShutdownEndSchema),
    /** False while VMs leave or end. */
    over: Type.Boolean(),
    moves: DrainStatus.properties.moves,
    /** Those that did not leave. */
    ended: Type.Array(EndedVm),
  },
  { $id: "HostShutdownStatus" },
);
export type HostShutdownStatus = Type.Static<typeof HostShutdownStatus>;
