/** The times and bounds of a move, each with its reason. */
import { pageCacheBytesDefault } from "../memory/limits.ts";
import { codingJobs } from "../session/memory-coding.ts";
import type { Compressor } from "./compressor.ts";
import type { ConvergencePolicy, MigrationOptions } from "./record.ts";

export interface MoveLimits {
  /** How memory crosses the network. */
  readonly performance: NonNullable<MigrationOptions["performance"]>;
  /** Who compresses memory. */
  readonly compressor: Compressor;
  /** Memory for versions of pages sent before, on each host. */
  readonly pageCacheBytesMax: number;
  /** Batches of memory that an agent compresses, or decompresses, at once; threads in which QEMU does. */
  readonly compressionThreadsMax: number;
  /** Most the guest may stand still at the switch-over, if the administrator says nothing else. */
  readonly blackoutMsMax: number;
  /** What is done with a guest that writes faster than the link carries. */
  readonly convergencePolicy: ConvergencePolicy;
  /** Policy `certain`: most the guest may stand still when nothing else helps. */
  readonly stopMsMax: number;
  /** Policy `patient`: how long pre-copy may go on without coming closer. */
  readonly giveUpAfterMs: number;
  readonly throttlePercentMax: number;
  /** Of memory, on the wire; 0 means no limit. */
  readonly bandwidthBytesPerSecond: number;
  /** Of all disks and files of the move together, bytes per second as they cross the network; 0 means no limit. */
  readonly storageBytesPerSecond: number;
  /** A peer's QEMU that starts, or does one thing: seconds, on a loaded host. */
  readonly setupTimeoutMs: number;
  /** A target that gets ready opens the disks: a minute and more while their server restarts. One that is gone is noticed before. */
  readonly prepareTimeoutMs: number;
  /** The guest stands still while we wait: short, then roll back. */
  readonly blackoutTimeoutMs: number;
  /** How long the hosts may be without any connection while the guest runs; the move waits, then is given up. */
  readonly outageMsMax: number;
  /** The same while the guest stands still; then it goes on where it was. */
  readonly blackoutOutageMsMax: number;
  /** How often QEMU is asked for its figures; a round shorter than that is seen together with the next. */
  readonly pollMs: number;
  /** The guest's first moments on the target are its own: cleaning up the source takes processor time and can wait. */
  readonly settleMs: number;
  /** Between two *take* messages to a target that does not answer. */
  readonly takeRetryMs: number;
}

export const defaultLimits: MoveLimits = {
  performance: "compression",
  compressor: "auto",
  pageCacheBytesMax: pageCacheBytesDefault,
  compressionThreadsMax: codingJobs(),
  blackoutMsMax: 300,
  convergencePolicy: "balanced",
  stopMsMax: 10_000,
  giveUpAfterMs: 600_000,
  throttlePercentMax: 99,
  bandwidthBytesPerSecond: 0,
  storageBytesPerSecond: 0,
  setupTimeoutMs: 30_000,
  prepareTimeoutMs: 120_000,
  blackoutTimeoutMs: 3_000,
  outageMsMax: 60_000,
  blackoutOutageMsMax: 3_000,
  pollMs: 50,
  settleMs: 200,
  takeRetryMs: 500,
};

/** A link that is gone and comes back just in time still has to carry what was missed. */
const afterOutageMs = 1_000;

/** How long one step of the blackout is waited for. */
export function stepMsMax({ blackoutTimeoutMs, blackoutOutageMsMax }: MoveLimits): number {
  return Math.max(blackoutTimeoutMs, blackoutOutageMsMax + afterOutageMs);
}

/** Limits that are read anew at every use: an administrator may change the host's while a move runs. */
export function liveLimits(now: () => MoveLimits): MoveLimits {
  return {
    get performance() {
      return now().performance;
    },
    get compressor() {
      return now().compressor;
    },
    get pageCacheBytesMax() {
      return now().pageCacheBytesMax;
    },
    get compressionThreadsMax() {
      return now().compressionThreadsMax;
    },
    get blackoutMsMax() {
      return now().blackoutMsMax;
    },
    get convergencePolicy() {
      return now().convergencePolicy;
    },
    get stopMsMax() {
      return now().stopMsMax;
    },
    get giveUpAfterMs() {
      return now().giveUpAfterMs;
    },
    get throttlePercentMax() {
      return now().throttlePercentMax;
    },
    get bandwidthBytesPerSecond() {
      return now().bandwidthBytesPerSecond;
    },
    get storageBytesPerSecond() {
      return now().storageBytesPerSecond;
    },
    get setupTimeoutMs() {
      return now().setupTimeoutMs;
    },
    get prepareTimeoutMs() {
      return now().prepareTimeoutMs;
    },
    get blackoutTimeoutMs() {
      return now().blackoutTimeoutMs;
    },
    get outageMsMax() {
      return now().outageMsMax;
    },
    get blackoutOutageMsMax() {
      return now().blackoutOutageMsMax;
    },
    get pollMs() {
      return now().pollMs;
    },
    get settleMs() {
      return now().settleMs;
    },
    get takeRetryMs() {
      return now().takeRetryMs;
    },
  };
}

/** The limits of one move: the host's, where the administrator asked for nothing else. */
export function limitsFor(limits: MoveLimits, options: MigrationOptions): MoveLimits {
  return {
    ...limits,
    performance: options.performance ?? limits.performance,
    blackoutMsMax: options.blackoutMsMax ?? limits.blackoutMsMax,
    convergencePolicy: options.convergencePolicy ?? limits.convergencePolicy,
    stopMsMax: options.stopMsMax ?? limits.stopMsMax,
    giveUpAfterMs: options.giveUpAfterMs ?? limits.giveUpAfterMs,
    bandwidthBytesPerSecond: options.bandwidthBytesPerSecond ?? limits.bandwidthBytesPerSecond,
    storageBytesPerSecond: options.storageBytesPerSecond ?? limits.storageBytesPerSecond,
  };
}
