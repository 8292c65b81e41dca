/** What `check` and `move` take alike: which VM, where to, and how. */
import { type Command, Option } from "commander";
import { FerryError } from "../base/errors.ts";
import type { MigrationOptions } from "../migration/record.ts";
import { choosePool, type PoolChoice } from "./pool-choice.ts";
import { parseBandwidth, parseDuration } from "./quantities.ts";

export interface MoveOptions {
  readonly performance?: Performance;
  readonly maxBlackout?: number;
  readonly bandwidth?: number;
  readonly verify?: boolean;
  readonly priority?: Priority;
  readonly withStorage?: boolean;
  readonly eject?: boolean;
  readonly targetPool?: PoolChoice;
  readonly keepSourceDisks?: boolean;
  readonly storageBandwidth?: number;
  readonly keepPartial?: boolean;
  readonly resume?: boolean;
  readonly convergence?: Policy;
  readonly maxStop?: number;
  readonly giveUpAfter?: number;
  readonly leaveCluster?: boolean;
  readonly enterCluster?: boolean;
}

type Performance = NonNullable<MigrationOptions["performance"]>;
type Policy = NonNullable<MigrationOptions["convergencePolicy"]>;
type Priority = NonNullable<MigrationOptions["priority"]>;

/** Keyed by the types, so that a value added there is missing here at compile time. */
const performanceOptions: Readonly<Record<Performance, true>> = {
  tcp: true,
  compression: true,
  multichannel: true,
  rdma: true,
};

export const policies: Readonly<Record<Policy, true>> = {
  patient: true,
  balanced: true,
  certain: true,
  "post-copy": true,
};

const priorities: Readonly<Record<Priority, true>> = { low: true, normal: true, high: true };

/** The agent's own bounds (src/migration/record.ts), said here with the forms that people type. */
const blackoutMsMin = 10;
const blackoutMsMax = 60_000;
const bandwidthMin = 1_000_000;

export function addMoveOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--performance <option>",
        "how memory crosses the network (the host's setting)",
      ).choices(Object.keys(performanceOptions)),
    )
    .option(
      "--max-blackout <duration>",
      "most the guest may stand still, such as 50ms",
      parseBlackout,
    )
    .option("--bandwidth <rate>", "most to use, such as 100M (bytes) or 1Gbit", parseRate)
    .option(
      "--verify",
      "compare all memory on both hosts before the guest goes on, where --max-blackout has time for it",
    )
    .addOption(
      new Option("--priority <priority>", "which of the waiting moves goes first (normal)").choices(
        Object.keys(priorities),
      ),
    )
    .option("--with-storage", "disks that the target does not reach may be copied")
    .option("--eject", "take the media out of its CD drives instead of carrying them along")
    .option(
      "--target-pool <[disk=]pool>",
      "pool of the target for the disks, or for one of them; may be repeated",
      choosePool,
    )
    .option("--keep-source-disks", "leave copied disks on the source too, under another name")
    .option(
      "--keep-partial",
      "if the move fails, the target keeps what was copied of the disks for three days",
    )
    .option(
      "--resume",
      "continue from what the target has kept of the disks; implies --keep-partial",
    )
    .option(
      "--storage-bandwidth <rate>",
      "most to use for disks, copied and written by the guest meanwhile",
      parseRate,
    )
    .option("--leave-cluster", "let the VM leave its cluster: the target is not in it")
    .option("--enter-cluster", "make it highly available in the target's cluster")
    .addOption(
      new Option(
        "--convergence <policy>",
        "what to do with a guest that writes faster than the link (the host's setting)",
      ).choices(Object.keys(policies)),
    )
    .option(
      "--max-stop <duration>",
      "with policy certain: most the guest may stand still when nothing else helps",
      parseMaxStop,
    )
    .option(
      "--give-up-after <duration>",
      "with policy patient: how long to go on without coming closer",
      parseGiveUpAfter,
    );
}

export function migrationOptions(options: MoveOptions): MigrationOptions {
  const { performance, maxBlackout, bandwidth, verify, priority } = options;
  const { withStorage, targetPool, keepSourceDisks, storageBandwidth, keepPartial, resume, eject } =
    options;
  const { convergence, maxStop, giveUpAfter, leaveCluster, enterCluster } = options;
  return {
    ...(performance !== undefined && { performance }),
    ...(maxBlackout !== undefined && { blackoutMsMax: maxBlackout }),
    ...(bandwidth !== undefined && { bandwidthBytesPerSecond: bandwidth }),
    ...(verify === true && { verifyMemory: true }),
    ...(priority !== undefined && { priority }),
    ...(withStorage === true && { withStorage }),
    ...(eject === true && { eject }),
    ...(targetPool?.all !== undefined && { targetPool: targetPool.all }),
    ...(targetPool?.each !== undefined && { targetPools: { ...targetPool.each } }),
    ...(keepSourceDisks === true && { keepSourceDisks }),
    ...(keepPartial === true && { keepPartial }),
    ...(resume === true && { resume }),
    ...(storageBandwidth !== undefined && { storageBytesPerSecond: storageBandwidth }),
    ...(convergence !== undefined && { convergencePolicy: convergence }),
    ...(maxStop !== undefined && { stopMsMax: maxStop }),
    ...(giveUpAfter !== undefined && { giveUpAfterMs: giveUpAfter }),
    ...(leaveCluster === true && { leaveCluster }),
    ...(enterCluster === true && { enterCluster }),
  };
}

/** @throws FerryError `bad-input`. */
export function parseBlackout(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds >= blackoutMsMin && milliseconds <= blackoutMsMax) return milliseconds;
  throw new FerryError("bad-input", `Cannot promise a blackout of at most "${text}"`, {
    remedy: "Give a duration from 10ms to 60s",
  });
}

/** @throws FerryError `bad-input`. */
export function parseMaxStop(text: string): number {
  return within(text, "let the guest stop for", 100, 600_000, "Give a duration from 100ms to 10m");
}

/** @throws FerryError `bad-input`. */
export function parseGiveUpAfter(text: string): number {
  return within(text, "give up after", 1_000, 86_400_000, "Give a duration from 1s to 1d");
}

/** A duration within bounds. @throws FerryError `bad-input`. */
export function within(
  text: string,
  action: string,
  min: number,
  max: number,
  remedy: string,
): number {
  const milliseconds = parseDuration(text);
  if (milliseconds >= min && milliseconds <= max) return milliseconds;
  throw new FerryError("bad-input", `Cannot ${action} "${text}"`, { remedy });
}

function parseRate(text: string): number {
  const bytesPerSecond = parseBandwidth(text);
  if (bytesPerSecond >= bandwidthMin) return bytesPerSecond;
  throw new FerryError("bad-input", `Cannot move a VM with a bandwidth of "${text}"`, {
    remedy: "Give at least 1M or 8Mbit: with less, memory changes faster than it is sent",
  });
}
