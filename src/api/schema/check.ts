/** Precheck: everything that could stop a move, all causes at once, each with its remedy. Nothing is changed by it. */
import Type from "typebox";
import { DiskPlacement, FilePlacement, MigrationOptions } from "../../migration/record.ts";
import { Name } from "../../vm/definition.ts";

const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

export const findingSeverities = ["passed", "warning", "blocking"] as const;

export const Finding = Type.Object(
  {
    /** The check's name, such as `pool-shared`. */
    check: Type.String(),
    severity: Type.Unsafe<(typeof findingSeverities)[number]>(
      Type.String({ enum: [...findingSeverities] }),
    ),
    /** Name of the host that found it. */
    host: Type.String(),
    message: Type.String(),
    remedy: nullable(Type.String()),
  },
  { $id: "Finding" },
);
export type Finding = Type.Static<typeof Finding>;

/** What a move is expected to be like. Milliseconds, bytes, bytes per second. */
export const Prediction = Type.Object(
  {
    totalMs: Type.Number({ minimum: 0 }),
    blackoutMs: Type.Number({ minimum: 0 }),
    wireBytes: Type.Integer({ minimum: 0 }),
    /** Whether memory is expected to settle within the longest blackout that is allowed. */
    converges: Type.Boolean(),
    /** Where it does not, or memory can't be compared within it: why, and what would help. */
    advice: nullable(Type.String()),
    /** Guest memory that holds something. */
    usedBytes: Type.Integer({ minimum: 0 }),
    /** Guest memory that changes; null where it could not be measured. */
    dirtyBytesPerSecond: nullable(Type.Number({ minimum: 0 })),
    /** Guest memory that would cross. */
    guestBytesPerSecond: Type.Number({ minimum: 0 }),
    link: Type.Object({
      addresses: Type.Array(Type.String()),
      bytesPerSecond: Type.Number({ minimum: 0 }),
      roundTripMs: Type.Number({ minimum: 0 }),
    }),
    /** How many moves of the past it stands on. */
    pastMoves: Type.Integer({ minimum: 0 }),
  },
  { $id: "Prediction" },
);
export type Prediction = Type.Static<typeof Prediction>;

export const ReportChange = Type.Object(
  {
    check: Type.String(),
    host: Type.String(),
    kind: Type.Unsafe<"mended" | "new">(Type.String({ enum: ["mended", "new"] })),
    severity: Type.Unsafe<(typeof findingSeverities)[number]>(
      Type.String({ enum: [...findingSeverities] }),
    ),
    message: Type.String(),
  },
  { $id: "ReportChange" },
);

/** Of a report what a later check or the move itself needs; the rest is let pass. */
export const SavedReport = Type.Object(
  {
    vm: Type.Object({ id: Type.String({ maxLength: 64 }), name: Name }),
    source: Name,
    target: Name,
    possible: Type.Boolean(),
    findings: Type.Array(Finding, { maxItems: 1024 }),
    disks: Type.Array(DiskPlacement, { maxItems: 64 }),
    options: MigrationOptions,
    checkedAt: Type.Number(),
  },
  { $id: "SavedReport" },
);
export type SavedReport = Type.Static<typeof SavedReport>;

export const CheckRequest = Type.Object(
  {
    /** Name or id. */
    vm: Name,
    /** Name of the target host. */
    target: Name,
    options: Type.Optional(MigrationOptions),
    /** A report of an earlier check of this move: the answer says what changed since. */
    previous: Type.Optional(SavedReport),
  },
  { additionalProperties: false, $id: "CheckRequest" },
);
export type CheckRequest = Type.Static<typeof CheckRequest>;

/** A record of the list of checks. */
export const CheckListed = Type.Object(
  {
    id: Type.String(),
    /** The group it belongs to, such as `processor`. */
    family: Type.String(),
    /** What is true when the check passes. */
    title: Type.String(),
    compares: Type.String(),
    /** The gravest that it finds. */
    severity: Type.Unsafe<"warning" | "blocking">(Type.String({ enum: ["warning", "blocking"] })),
    remedy: Type.String(),
  },
  { $id: "CheckListed" },
);
export type CheckListed = Type.Static<typeof CheckListed>;

export const CheckList = Type.Object({ checks: Type.Array(CheckListed) }, { $id: "CheckList" });
export type CheckList = Type.Static<typeof CheckList>;

export const CheckReport = Type.Object(
  {
    vm: Type.Object({ id: Type.String(), name: Type.String() }),
    source: Type.String(),
    target: Type.String(),
    /** True when nothing blocks the move. */
    possible: Type.Boolean(),
    findings: Type.Array(Finding),
    /** Disks that move with the VM, because the target does not reach them or another pool was named. */
    disks: Type.Array(DiskPlacement),
    /** Kernels and media that the target does not reach. */
    files: Type.Array(FilePlacement),
    /** What the move was to be like. */
    options: MigrationOptions,
    /** Milliseconds since the epoch, the source's clock. */
    checkedAt: Type.Number(),
    /** What the move is expected to be like; null where that can't be told, absent where it was not asked for. */
    prediction: Type.Optional(nullable(Prediction)),
    /** Why there is no prediction; null when there is. */
    predictionMissing: Type.Optional(nullable(Type.String())),
    /** Since the report that the request carried. */
    changes: Type.Optional(Type.Array(ReportChange)),
  },
  { $id: "CheckReport" },
);
export type CheckReport = Type.Static<typeof CheckReport>;
