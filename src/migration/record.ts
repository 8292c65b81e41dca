/**
 * The record of one migration: what the history keeps and what the API shows while it runs. Both hosts keep one;
 * the source's is the full one. Plain data; times are milliseconds since the epoch, durations are milliseconds,
 * sizes are bytes, rates are bytes per second.
 */
import Type from "typebox";
import { since } from "../protocol/since.ts";
import { BackingImage, backingImagesMax, FileName, Name } from "../vm/definition.ts";
import { BlackoutRecord, MemoryComparison } from "./blackout-record.ts";
import { stageNames } from "./plan.ts";
import { Progress } from "./progress-snapshot.ts";

const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Milliseconds = Type.Number({ minimum: 0 });
const Bytes = Type.Integer({ minimum: 0 });

export const StageNameSchema = Type.Unsafe<(typeof stageNames)[number]>(
  Type.String({ enum: [...stageNames] }),
);

export const performanceOptions = ["tcp", "compression", "multichannel", "rdma"] as const;
export const PerformanceOption = Type.Unsafe<(typeof performanceOptions)[number]>(
  Type.String({ enum: [...performanceOptions] }),
);

/** Which of the moves that wait for a slot goes first. */
export const priorities = ["low", "normal", "high"] as const;
export const Priority = Type.Unsafe<(typeof priorities)[number]>(
  Type.String({ enum: [...priorities] }),
);
export type Priority = Type.Static<typeof Priority>;

export const convergencePolicies = ["patient", "balanced", "certain", "post-copy"] as const;
export const ConvergencePolicy = Type.Unsafe<(typeof convergencePolicies)[number]>(
  Type.String({ enum: [...convergencePolicies] }),
);
export type ConvergencePolicy = Type.Static<typeof ConvergencePolicy>;

/** A stop of more than ten minutes is a shutdown. */
export const StopMsMax = Type.Integer({ minimum: 100, maximum: 600_000 });
export const GiveUpAfterMs = Type.Integer({ minimum: 1_000, maximum: 86_400_000 });

/** What the administrator asked for; everything absent follows the host's settings. */
export const MigrationOptions = Type.Object(
  {
    performance: Type.Optional(PerformanceOption),
    /** Most the guest may stand still at the switch-over. */
    blackoutMsMax: Type.Optional(Type.Integer({ minimum: 10, maximum: 60_000 })),
    bandwidthBytesPerSecond: Type.Optional(Type.Integer({ minimum: 1_000_000 })),
    /** What to do with a guest that writes faster than the link carries (convergence.ts). */
    convergencePolicy: Type.Optional(since(3, ConvergencePolicy)),
    /** Policy `certain`: most the guest may stand still when nothing else brings memory across. */
    stopMsMax: Type.Optional(since(3, StopMsMax)),
    /** Policy `patient`: how long pre-copy may go on without coming closer. */
    giveUpAfterMs: Type.Optional(since(3, GiveUpAfterMs)),
    /** Compare all guest memory on both sides while the target is still paused, where it fits the blackout allowed. */
    verifyMemory: Type.Optional(Type.Boolean()),
    /** Default `normal`. */
    priority: Type.Optional(Priority),
    /** Consents to copying the disks that the target does not reach; where it reaches them all, they stay. */
    withStorage: Type.Optional(Type.Boolean()),
    /** Takes the media out of the VM's CD drives instead of carrying them along. */
    eject: since(3, Type.Optional(Type.Boolean())),
    /** Pool of the target for disks that move; a disk that the target reaches moves too when its pool is another. */
    targetPool: Type.Optional(Name),
    /** By disk, before `targetPool`. */
    targetPools: Type.Optional(Type.Record(Name, Name)),
    /** Leave the source's disks there under another name instead of deleting them. */
    keepSourceDisks: Type.Optional(Type.Boolean()),
    /** When the move fails or is cancelled, the target keeps what it has of the disks for three days. */
    keepPartial: since(3, Type.Optional(Type.Boolean())),
    /** Continue from what the target kept of an earlier attempt; implies `keepPartial`. */
    resume: since(3, Type.Optional(Type.Boolean())),
    /** The VM may leave its cluster: the target is not in it. Inside the cluster it says nothing. */
    leaveCluster: since(3, Type.Optional(Type.Boolean())),
    /** The VM becomes highly available in the target's cluster, by its present policy if it has one. */
    enterCluster: since(3, Type.Optional(Type.Boolean())),
    /** Most that disks may take of the network, apart from memory: copied, and written by the guest meanwhile. */
    storageBytesPerSecond: Type.Optional(Type.Integer({ minimum: 1_000_000 })),
  },
  { additionalProperties: false },
);
export type MigrationOptions = Type.Static<typeof MigrationOptions>;

export const StageRecord = Type.Object({
  name: StageNameSchema,
  startedAt: Milliseconds,
  endedAt: nullable(Milliseconds),
});

/** One pass over memory. */
export const RoundRecord = Type.Object({
  number: Type.Integer({ minimum: 1 }),
  startedAt: Milliseconds,
  durationMs: Milliseconds,
  /** Guest memory sent in this round, before compression. */
  bytesSent: Bytes,
  remainingBytes: Bytes,
  /** What the guest wrote in it, each page once. */
  dirtyBytesPerSecond: Type.Number({ minimum: 0 }),
  /** Guest memory that crossed in it, before compression. */
  linkBytesPerSecond: Type.Number({ minimum: 0 }),
});
export type RoundRecord = Type.Static<typeof RoundRecord>;

/** What an administrator may do while memory is copied. */
export const stepInActions = ["hurry", "throttle", "switch-now"] as const;

export const adjustmentActions = [
  "blackout-limit",
  "throttle",
  "stop",
  "post-copy",
  "give-up",
] as const;

/** Something done to bring memory across: by the policy, or by somebody who stepped in. */
export const Adjustment = Type.Object({
  at: Milliseconds,
  /** The round that had ended. */
  round: Type.Integer({ minimum: 0 }),
  action: Type.Unsafe<(typeof adjustmentActions)[number]>(
    Type.String({ enum: [...adjustmentActions] }),
  ),
  /** Milliseconds of `blackout-limit` and `stop`, percent of `throttle`; null for the others. */
  value: nullable(Type.Number({ minimum: 0 })),
  /** `policy`, or who asked for it. */
  by: Type.String(),
  why: Type.String(),
});
export type Adjustment = Type.Static<typeof Adjustment>;

/** Whether memory will come across, said in the second round already and again when that changes. */
export const Verdict = Type.Object({
  at: Milliseconds,
  round: Type.Integer({ minimum: 1 }),
  converges: Type.Boolean(),
  dirtyBytesPerSecond: Type.Number({ minimum: 0 }),
  linkBytesPerSecond: Type.Number({ minimum: 0 }),
  /** How long the guest would stand still if it stopped now; null while nobody knows. */
  stopMs: nullable(Milliseconds),
  /** With the numbers, for people. */
  message: Type.String(),
  /** What may be done, each a sentence with its command; empty where nothing has to be. */
  options: Type.Array(Type.String()),
});
export type Verdict = Type.Static<typeof Verdict>;

/** Where a disk that moves with its VM goes, decided by the checks (src/precheck/place-disks.ts). */
export const DiskPlacement = Type.Object({
  /** The disk's name in the definition; its file keeps its name. */
  name: Name,
  pool: Name,
  targetPool: Name,
  /** The size the guest sees. */
  virtualBytes: Bytes,
  /** What its file takes on the source's file system. */
  allocatedBytes: Bytes,
  /** What its copy may stand on there, if the content is the same; absent where the copy is whole. */
  backing: since(3, Type.Optional(Type.Array(BackingImage, { maxItems: backingImagesMax }))),
});
export type DiskPlacement = Type.Static<typeof DiskPlacement>;

/** A kernel, initrd or medium that the target does not reach. */
export const FilePlacement = Type.Object({
  pool: Name,
  file: FileName,
  targetPool: Name,
  bytes: Bytes,
  /** False where the target has a file of that name and size already. */
  copy: Type.Boolean(),
});
export type FilePlacement = Type.Static<typeof FilePlacement>;

/** The guest's writes to a disk while it was copied and mirrored, and what that cost them. */
export const GuestWrites = Type.Object({
  operations: Type.Integer({ minimum: 0 }),
  bytes: Bytes,
  /** How long one took; null without any. */
  meanMs: nullable(Milliseconds),
  /** How long one took before the move, since the QEMU started; null without any. */
  usualMs: nullable(Milliseconds),
  /** For how long writes took noticeably longer than usual: the link, or a limit, set their pace. */
  pacedMs: Milliseconds,
});
export type GuestWrites = Type.Static<typeof GuestWrites>;

/** A disk that moves with its VM, and how far it is. */
export const DiskRecord = Type.Object({
  ...DiskPlacement.properties,
  state: Type.Unsafe<"waiting" | "copying" | "mirrored">(
    Type.String({ enum: ["waiting", "copying", "mirrored"] }),
  ),
  /** Content; holes are no bytes. */
  copiedBytes: Bytes,
  /** Grows while the guest writes. */
  totalBytes: Bytes,
  /** What the guest wrote to both disks after the first copy was complete. */
  mirroredBytes: Bytes,
  rateBytesPerSecond: Bytes,
  /** Until the first copy is complete; null while nobody knows. */
  remainingMs: nullable(Milliseconds),
  /** What of it was given to the network, compressed where disks are. */
  wireBytes: Type.Optional(Bytes),
  /** What of it the target had kept of an earlier attempt, and did not cross again. */
  resumedBytes: Type.Optional(Bytes),
  guestWrites: Type.Optional(GuestWrites),
});
export type DiskRecord = Type.Static<typeof DiskRecord>;

export const migrationStates = [
  "queued",
  "running",
  "cancelling",
  "completed",
  "cancelled",
  "failed",
  /** The handover's outcome is not known yet; recovery goes on by itself or waits for a person. */
  "unresolved",
] as const;

export const MigrationRecord = Type.Object({
  id: Type.String(),
  vm: Type.Object({ id: Type.String(), name: Type.String() }),
  source: Type.String(),
  target: Type.String(),
  role: Type.Union([Type.Literal("source"), Type.Literal("target")]),
  requestedBy: Type.String(),
  requestedAt: Milliseconds,
  startedAt: nullable(Milliseconds),
  endedAt: nullable(Milliseconds),
  state: Type.Unsafe<(typeof migrationStates)[number]>(Type.String({ enum: [...migrationStates] })),
  stage: nullable(StageNameSchema),
  cancellable: Type.Boolean(),
  /** What the move waits for, as a sentence: a slot, or a link that is lost; null for nothing. */
  waitingFor: nullable(Type.String()),
  options: MigrationOptions,
  stages: Type.Array(StageRecord),
  rounds: Type.Array(RoundRecord),
  /** Absent in records of before there were any. */
  adjustments: Type.Optional(Type.Array(Adjustment)),
  /** Absent before the second round. */
  verdict: Type.Optional(Verdict),
  progress: nullable(Progress),
  blackout: nullable(BlackoutRecord),
  /** Disks that move along; empty where the target reaches them all. The target's record has none. */
  disks: Type.Array(DiskRecord),
  /** Other files that the target did not reach; they stay on the source as well. */
  files: Type.Array(FilePlacement),
  guestBytes: Bytes,
  /** Content of disks that was copied or mirrored. */
  diskBytes: Bytes,
  /** Sent by the source; in the target's record, before the guest stopped. */
  wireBytes: Bytes,
  /** The most that crossed in some tenths of a second; absent where nothing was seen that long. */
  wirePeakBytesPerSecond: Type.Optional(Bytes),
  /** Pages that differed when `verifyMemory` compared both sides; null when it did not, or not wholly. */
  differingPages: nullable(Type.Integer({ minimum: 0 })),
  /** Absent where `verifyMemory` was not asked for, and in records of before there was any. */
  memoryComparison: Type.Optional(MemoryComparison),
  error: nullable(
    Type.Object({
      code: Type.String(),
      message: Type.String(),
      remedy: Type.Optional(Type.String()),
      stage: nullable(StageNameSchema),
    }),
  ),
});
export type MigrationRecord = Type.Static<typeof MigrationRecord>;
