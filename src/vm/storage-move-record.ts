/** What is to be seen of a move of a VM's disks to other pools of its host, while it runs and after it. Kept in memory. */
import Type from "typebox";
import { Name } from "./definition.ts";

const Milliseconds = Type.Number({ minimum: 0 });
const Bytes = Type.Integer({ minimum: 0 });
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

export const storageMoveStates = [
  "running",
  "cancelling",
  "completed",
  "cancelled",
  "failed",
] as const;
const diskStates = ["waiting", "copying", "mirrored", "moved"] as const;

export const StorageMoveDisk = Type.Object({
  /** The disk's name in the definition. */
  name: Name,
  pool: Name,
  targetPool: Name,
  /** `moved`: it is there, whatever becomes of the others. */
  state: Type.Unsafe<(typeof diskStates)[number]>(Type.String({ enum: [...diskStates] })),
  copiedBytes: Bytes,
  /** Grows while the guest writes. */
  totalBytes: Bytes,
  rateBytesPerSecond: Bytes,
  /** Null while nobody knows. */
  remainingMs: nullable(Milliseconds),
});
export type StorageMoveDisk = Type.Static<typeof StorageMoveDisk>;

export const StorageMoveRecord = Type.Object({
  state: Type.Unsafe<(typeof storageMoveStates)[number]>(
    Type.String({ enum: [...storageMoveStates] }),
  ),
  /** Milliseconds since the epoch. */
  startedAt: Milliseconds,
  endedAt: nullable(Milliseconds),
  disks: Type.Array(StorageMoveDisk),
  error: nullable(
    Type.Object({
      code: Type.String(),
      message: Type.String(),
      remedy: Type.Optional(Type.String()),
    }),
  ),
});
export type StorageMoveRecord = Type.Static<typeof StorageMoveRecord>;
