/** Emptying a host, and bringing back what left it. */
import Type from "typebox";
import { migrationStates } from "../../migration/record.ts";
import { Name } from "../../vm/definition.ts";

const strict = { additionalProperties: false } as const;
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const VmReference = Type.Object({ id: Type.String(), name: Type.String() });
/** More VMs than one host runs. */
const vmsMax = 4096;

export const DrainPlanRequest = Type.Object(
  {
    /** Hosts to consider; absent: every host of the domain that answers. */
    to: Type.Optional(Type.Array(Name, { minItems: 1, maxItems: 64 })),
    /** Disks that a target does not reach may be copied; absent: VMs with such disks stay. */
    withStorage: Type.Optional(Type.Boolean()),
  },
  { ...strict, $id: "DrainPlanRequest" },
);
export type DrainPlanRequest = Type.Static<typeof DrainPlanRequest>;

export const DrainPlanAnswer = Type.Object(
  {
    /** The first first. */
    moves: Type.Array(
      Type.Object({
        vm: VmReference,
        target: Type.String(),
        memoryBytes: Type.Integer({ minimum: 0 }),
        /** Of disks that are copied. */
        diskBytes: Type.Integer({ minimum: 0 }),
        /** How many of the checks warn. */
        warnings: Type.Integer({ minimum: 0 }),
      }),
    ),
    stays: Type.Array(Type.Object({ vm: VmReference, reason: Type.String() })),
    /** How long it takes, judged by past moves of the host; null when there are none. Milliseconds. */
    expectedMs: nullable(Type.Number({ minimum: 0 })),
  },
  { $id: "DrainPlanAnswer" },
);
export type DrainPlanAnswer = Type.Static<typeof DrainPlanAnswer>;

/** The plan as somebody confirmed it: no VM goes where nobody named. */
export const DrainBegin = Type.Object(
  {
    moves: Type.Array(Type.Object({ vm: Name, target: Name }, strict), { maxItems: vmsMax }),
    withStorage: Type.Optional(Type.Boolean()),
  },
  { ...strict, $id: "DrainBegin" },
);
export type DrainBegin = Type.Static<typeof DrainBegin>;

export const DrainStatus = Type.Object(
  {
    drained: Type.Boolean(),
    since: nullable(Type.Number()),
    requestedBy: nullable(Type.String()),
    /** False while moves wait, run or are still being asked for. */
    over: Type.Boolean(),
    moves: Type.Array(
      Type.Object({
        vm: VmReference,
        target: Type.String(),
        migration: Type.String(),
        state: Type.Unsafe<(typeof migrationStates)[number]>(
          Type.String({ enum: [...migrationStates] }),
        ),
        waitingFor: nullable(Type.String()),
        percent: nullable(Type.Number()),
        blackoutMs: nullable(Type.Number()),
        error: nullable(Type.String()),
      }),
    ),
    /** What is on this host and is not about to leave, and why. */
    stays: Type.Array(Type.Object({ vm: VmReference, reason: Type.String() })),
  },
  { $id: "DrainStatus" },
);
export type DrainStatus = Type.Static<typeof DrainStatus>;

export const DrainEnd = Type.Object(
  {
    /** Brings back the VMs that left, and starts those that were ended for a shutdown of the host. */
    return: Type.Optional(Type.Boolean()),
  },
  { ...strict, $id: "DrainEnd" },
);
export type DrainEnd = Type.Static<typeof DrainEnd>;

export const DrainEndAnswer = Type.Object(
  {
    returns: Type.Array(
      Type.Object({
        vm: VmReference,
        from: Type.String(),
        migration: nullable(Type.String()),
        reason: nullable(Type.String()),
      }),
    ),
  },
  { $id: "DrainEndAnswer" },
);
export type DrainEndAnswer = Type.Static<typeof DrainEndAnswer>;
