/** What the record of a migration says of its blackout. Durations are milliseconds. */
import Type from "typebox";

const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Milliseconds = Type.Number({ minimum: 0 });

/** The blackout split into its parts; their sum is `totalMs`. */
export const BlackoutRecord = Type.Object({
  totalMs: Milliseconds,
  /** Guest stopped until the disks that move are equal and taken off their mirrors; 0 where none does. */
  disksMs: Milliseconds,
  /** From then until QEMU has written its last byte: the last pages, CPU and device state. */
  sendMs: Milliseconds,
  /** Last byte written until the target says everything is loaded and its disks are active. */
  loadMs: Milliseconds,
  /** Loaded until the handover is durable in the source's journal. */
  handoverMs: Milliseconds,
  /** Handover durable until the target says that the guest runs. */
  resumeMs: Milliseconds,
  /** QEMU's own figure over the return path, for comparison. */
  qemuDowntimeMs: nullable(Milliseconds),
});
export type BlackoutRecord = Type.Static<typeof BlackoutRecord>;

/** What `verifyMemory` came to: all memory is compared where that fits the blackout that is allowed. */
export const MemoryComparison = Type.Object({
  /** False where it was left, since it would not have fitted. */
  isWhole: Type.Boolean(),
  comparedBytes: Type.Integer({ minimum: 0 }),
  /** Of the blackout. */
  tookMs: Milliseconds,
  /** What all of it takes: took, or as the part that was compared tells. */
  wholeMs: Milliseconds,
});
export type MemoryComparison = Type.Static<typeof MemoryComparison>;
