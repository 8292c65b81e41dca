/** Disks that a move did not finish to copy and that are kept for another attempt. */
import Type from "typebox";
import { Name } from "../../vm/definition.ts";
import { Scope, Unreachable } from "./scope.ts";

export const PartialDisk = Type.Object({
  /** The host that keeps it. */
  host: Type.String(),
  /** The move that left it. */
  migration: Type.String(),
  vm: Type.Object({ id: Type.String(), name: Type.String() }),
  /** The host that the VM would have come from. */
  source: Type.String(),
  disk: Type.String(),
  pool: Type.String(),
  file: Type.String(),
  /** What it takes on its file system. */
  bytes: Type.Integer({ minimum: 0 }),
  /** Milliseconds since the epoch; it is removed at `expiresAt`. */
  keptAt: Type.Number(),
  expiresAt: Type.Number(),
});
export type PartialDisk = Type.Static<typeof PartialDisk>;

export const PartialDiskList = Type.Object(
  { partialDisks: Type.Array(PartialDisk), unreachable: Unreachable },
  { $id: "PartialDiskList" },
);
export type PartialDiskList = Type.Static<typeof PartialDiskList>;

export const PartialDiskListQuery = Type.Object(
  { host: Type.Optional(Name), scope: Type.Optional(Scope) },
  { additionalProperties: false },
);
export type PartialDiskListQuery = Type.Static<typeof PartialDiskListQuery>;
