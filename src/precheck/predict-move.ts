/** Measures what a prediction stands on: the guest, while the checks run; the way to the target, once it has said where it is. */
import { errorChain } from "../base/errors.ts";
import type { MigrationRecord } from "../migration/record.ts";
import { usableAddresses } from "../network/migration-network.ts";
import type { VmProcess, VmRecord } from "../vm/vm-host.ts";
import type { CheckInput } from "./check.ts";
import type { HostFacts } from "./facts.ts";
import { measureGuestLoad } from "./guest-load.ts";
import { joinedMoves, type PastMoves, pastMoves } from "./past-moves.ts";
import { placeDisks } from "./place-disks.ts";
import { placeFiles } from "./place-files.ts";
import { type GuestLoad, type LinkFacts, predict, type Prediction } from "./prediction.ts";

export interface PredictionParts {
  /** Of this host, the newest first. */
  readonly moves: () => readonly MigrationRecord[];
  /** What a move may use now where it asks for nothing else; bandwidth 0: no limit. */
  readonly limits: () => {
    readonly performance: string;
    readonly blackoutMsMax: number;
    readonly bandwidthBytesPerSecond: number;
    readonly storageBytesPerSecond: number;
  };
  readonly probeLink: (target: string, addresses: readonly string[]) => Promise<LinkFacts>;
}

/** Of as many migration networks as a move with lanes over every one is measured at most. */
const networksMax = 4;

/** @returns null for a VM that does not run here */
export async function guestLoad(
  { definition, state }: VmRecord,
  process: VmProcess | undefined,
  compares: boolean,
): Promise<GuestLoad | null> {
  if (process === undefined) return null;
  const isRunning = state === "running";
  return await measureGuestLoad(process, definition.memory.mib, { isRunning, compares });
}

/** Or why there is none, as a sentence for people. */
export async function predictMove(
  parts: PredictionParts,
  input: CheckInput,
  measured: Promise<GuestLoad | null>,
): Promise<Prediction | string> {
  const { source, target, options } = input;
  const limits = parts.limits();
  const addresses = usableAddresses(target.moveAddresses, source.migrationNetworks);
  const performance = options.performance ?? limits.performance;
  const used = addresses.slice(0, performance === "multichannel" ? networksMax : 1);
  if (used.length === 0) return "the hosts have no migration network in common";
  try {
    const [guest, link] = await Promise.all([measured, parts.probeLink(target.host, used)]);
    if (guest === null) return `VM "${input.definition.name}" does not run`;
    return predict({
      ...{ guest, link },
      past: knownMoves(parts.moves(), target, performance),
      diskBytes: bytesBesideMemory(input),
      bandwidthBytesPerSecond: limit(
        options.bandwidthBytesPerSecond,
        limits.bandwidthBytesPerSecond,
      ),
      storageBytesPerSecond: limit(options.storageBytesPerSecond, limits.storageBytesPerSecond),
      blackoutMsMax: options.blackoutMsMax ?? limits.blackoutMsMax,
    });
  } catch (error) {
    return errorChain(error);
  }
}

/** This host's own moves, and as long as they are few what the target says of its own: they cross the same network. */
function knownMoves(
  records: readonly MigrationRecord[],
  { host, pastMoves: theirs = [] }: HostFacts,
  performance: string,
): PastMoves {
  const own = pastMoves(records, host, performance);
  const like = theirs.find((one) => one.performance === performance);
  return like === undefined ? own : joinedMoves(own, like.past);
}

/** In bytes per second, of the move and of its host; null: none. */
function limit(wanted: number | undefined, hostLimit: number): number | null {
  return wanted ?? (hostLimit > 0 ? hostLimit : null);
}

function bytesBesideMemory(input: CheckInput): number {
  const disks = placeDisks(input).map(({ allocatedBytes }) => allocatedBytes);
  const files = placeFiles(input)
    .filter(({ copy }) => copy)
    .map(({ bytes }) => bytes);
  return [...disks, ...files].reduce((sum, bytes) => sum + bytes, 0);
}
