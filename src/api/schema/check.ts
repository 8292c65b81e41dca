/** Precheck: everything that could stop a move, all causes at once, each with its remedy. Nothing is changed by it. */
import Type from "typebox";
import { DiskPlacement, FilePlacement, MigrationOptions } from "../../migration/record.ts";
import { Name } from "../../vm/definition.ts";

const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

export const CheckRequest = Type.Object(
  {
    /** Name or id. */
    vm: Name,
    /** Name of the target host. */
    target: Name,
    options: Type.Optional(MigrationOptions),
  },
  { additionalProperties: false, $id: "CheckRequest" },
);
export type CheckRequest = Type.Static<typeof CheckRequest>;

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
  },
  { $id: "CheckReport" },
);
export type CheckReport = Type.Static<typeof CheckReport>;
