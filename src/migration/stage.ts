/**
 * What a stage is: two halves, one for each host, each with what it does and how to take it back. Both halves stand in
 * one file, so that a message and its receipt are on one screen. The engine (engine.ts) runs them in the plan's order.
 */
import type { FerryError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Switches } from "../network/switches.ts";
import type { Session } from "../session/session.ts";
import type { VmDefinition } from "../vm/definition.ts";
import type { LocalVms } from "../vm/local-vms.ts";
import type { IncomingDisk, IncomingFile } from "../vm/moved-disks.ts";
import type { Passage } from "../vm/passage.ts";
import type { SerialLogs } from "../vm/serial-logs.ts";
import type { VmProcess } from "../vm/vm-host.ts";
import type { MemoryAgreement } from "./agree-on-memory.ts";
import type { Faults } from "./faults.ts";
import type { Journal } from "./journal.ts";
import type { MoveLimits } from "./limits.ts";
import type { OwnerAuthority } from "./ownership.ts";
import type { PeerLink } from "./peer-link.ts";
import type { StageName } from "./plan.ts";
import type { RecordKeeper } from "./record-keeper.ts";
import type { StepIns } from "./step-in.ts";
import type { SwitchoverWatch } from "./switchover-watch.ts";
import type { WrittenMemory } from "./written-memory.ts";

export interface Half<Move> {
  run(move: Move): Promise<void>;
  /**
   * Takes back what `run` did, wholly or partly; may be repeated. After a stage's undo the host is as before it, and
   * the next attempt finds nothing of this one.
   */
  undo(move: Move): Promise<void>;
}

export interface Stage {
  readonly name: StageName;
  /** Asked when its turn comes; false for a move that has no work for it: then neither half runs, and the record does not name it. */
  readonly applies?: (move: Move) => boolean;
  readonly source: Half<SourceMove>;
  readonly target: Half<TargetMove>;
}

/** What both halves have in common. */
export interface Move {
  readonly id: string;
  /** The owner's generation before the move; the target's is one more. */
  readonly generation: number;
  readonly definition: VmDefinition;
  readonly peer: string;
  /** Names of the disks that move with the VM; the others lie in pools that both hosts reach. */
  readonly disks: readonly string[];
  /** Whether the guest runs; a paused guest is moved and lands paused. */
  readonly run: boolean;
  /** This host's name. */
  readonly host: string;
  /** The guest goes on at the target before all of its memory is there; known once it has stopped on the source. */
  postCopy: boolean;
  /** Memory goes from QEMU to QEMU over RDMA, and not through the session; known once both have agreed. */
  overRdma: boolean;
  readonly record: RecordKeeper;
  readonly journal: Journal;
  readonly owners: OwnerAuthority;
  readonly vms: LocalVms;
  readonly switches: Switches;
  readonly serialLogs: SerialLogs | undefined;
  readonly peers: PeerLink;
  /** This host's addresses for RDMA that moves may use, as `10.1.0.5/24`, the best first. */
  readonly rdmaAddresses: () => Promise<readonly string[]>;
  readonly limits: MoveLimits;
  readonly faults: Faults;
  readonly log: Log;
  /** Aborted by a cancel or when the agent stops; stages before modified-pages follow it. */
  readonly signal: AbortSignal;
  /** Aborted when the agent stops: a move past its handover goes on when the agent is back. */
  readonly stopping: AbortSignal;
}

/** Disks that are mirrored while other stages go on (disks-followed.ts). */
export interface FollowedDisks {
  /** What QEMU says that it copied of a disk in all, without what it only declared zero. */
  contentOf(disk: string, copiedBytes: number): number;
  /** Writes into the record how far the mirrors are, now and then. */
  lookIfDue(): Promise<void>;
}

export interface SourceMove extends Move {
  readonly process: VmProcess;
  /** Set by setup. */
  session: Session | undefined;
  /** Disks whose copy takes in what they stand on. Set by setup. */
  whole: readonly string[];
  /** Set when the target says that its half failed. */
  peerFailure: FerryError | undefined;
  /** Set by storage-mirror. */
  disksFollowed: FollowedDisks | undefined;
  /** Set by setup where nothing crosses before memory; else memory-precopy agrees by itself. */
  memoryAgreed: Promise<MemoryAgreement> | undefined;
  /** What earlier moves brought to the target, bytes per second on the wire; null where none tells. */
  readonly knownWay: number | null;
  /** What the guest changes of its memory; null where it is not known. Set by setup. */
  written: Promise<WrittenMemory | null>;
  /** Over so many QEMU sends what it compresses itself; 0: it does not. Set by memory-precopy. */
  channels: number;
  /** Set by memory-precopy. */
  watch: SwitchoverWatch | undefined;
  /** What an administrator asks for while memory is copied. */
  readonly stepIns: StepIns;
  /** Most the guest may stand still now: grows with what the policy or an administrator allows. */
  blackoutMsAllowed: number;
  /** QEMU was told to let the guest go on at the target before all of its memory is there. */
  postCopyAsked: boolean;
  /** Set at the point of no return, milliseconds since the epoch; from then on nothing is undone. */
  handedOverAt: number | undefined;
  /** The target has confirmed that the VM is its: what the source still has of it may go. */
  taken: boolean;
}

export interface TargetMove extends Move {
  /** As the source places it; setup takes away what its disks can't stand on here. */
  definition: VmDefinition;
  readonly session: Session;
  /** What the source says of `disks`. */
  readonly wantedDisks: readonly IncomingDisk[];
  /** Whether the disks are kept, as far as they are, when the move fails. */
  readonly keepsPartial: boolean;
  /** The VM leaves a cluster that this host is not in, or enters this host's. */
  readonly passage: Passage | undefined;
  /** Kernels and media that the source sends along. */
  readonly wantedFiles: readonly IncomingFile[];
  /** Most the guest may stand still, as the source says when it has stopped. */
  blackoutMsAllowed: number;
  /** The skeleton; set by setup. */
  process: VmProcess | undefined;
  /** True from *ready* on: only the source's word may end the skeleton now. */
  ready: boolean;
  /** True once *owner* is durable: from then on the VM is this host's, whatever fails. */
  owner: boolean;
  /** Resolved when the source speaks through the peer API instead of the session. */
  readonly sourceWord: Promise<SourceWord>;
  /** Told when the VM is this host's and its guest runs. */
  readonly taken: () => void;
}

/** What a source may say over the peer API to a target that is ready: it is yours, or read in my journal how it stands. */
export type SourceWord = "take" | "ask";

export const nothingToUndo = async (): Promise<void> => {};
