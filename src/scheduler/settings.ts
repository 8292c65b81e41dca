/**
 * What an administrator sets once per host, for all moves it takes part in (Hyper-V's Set-VMHost family): the document,
 * its defaults, and what makes one wrong. docs/settings.md tells people the same. Pure.
 */
import Type from "typebox";
import Value from "typebox/value";
import { FerryError } from "../base/errors.ts";
import { CompressorSchema } from "../migration/compressor.ts";
import {
  ConvergencePolicy,
  GiveUpAfterMs,
  PerformanceOption,
  StopMsMax,
} from "../migration/record.ts";
import { Name } from "../vm/definition.ts";
import { ShutdownPolicySchema } from "../vm/shutdown-policy.ts";
import { BandwidthLimit, windowFaults } from "./bandwidth.ts";
import { MigrationNetwork, networkFaults } from "../network/migration-network.ts";

const strict = { additionalProperties: false } as const;
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** More moves at once than any link or disk is quick with; a typing error stops here. */
const movesMax = 64;
/** A host has a handful of networks. */
const networksMax = 16;

export const HostSettings = Type.Object(
  {
    /** False: no move leaves this host or comes to it. Moves under way go on. */
    migrationEnabled: Type.Boolean(),
    /** Moves at once; those that leave and those that come are counted apart. */
    simultaneousMovesMax: Type.Integer({ minimum: 1, maximum: movesMax }),
    /** Of them, moves that copy disks; counted apart likewise. */
    simultaneousStorageMovesMax: Type.Integer({ minimum: 1, maximum: movesMax }),
    /** Networks that moves may use; null: any that reaches the other host. */
    migrationNetworks: nullable(
      Type.Array(MigrationNetwork, { minItems: 1, maxItems: networksMax }),
    ),
    /** How memory crosses the network, where a move asks for nothing else. */
    performanceOption: PerformanceOption,
    /** Who compresses memory: QEMU or the agents; `auto`: as the guest and the link are. */
    memoryCompressor: CompressorSchema,
    /** Of each move that leaves this host. */
    memoryBandwidth: BandwidthLimit,
    storageBandwidth: BandwidthLimit,
    /** Most a guest may stand still at the switch-over, where a move asks for nothing else. */
    blackoutMsMax: Type.Integer({ minimum: 10, maximum: 60_000 }),
    /** How long the hosts of a move may be without a connection while the guest runs; then the move is given up. */
    outageMsMax: Type.Integer({ minimum: 1_000, maximum: 24 * 3_600_000 }),
    /** The same while the guest stands still; then it goes on where it was. */
    blackoutOutageMsMax: Type.Integer({ minimum: 500, maximum: 60_000 }),
    /** Memory for versions of pages sent before, for each move on each of its hosts; 0: none. */
    pageCacheMibMax: Type.Integer({ minimum: 0, maximum: 65_536 }),
    /** Threads that compress at once, for each move; null: half of the processors. */
    compressionThreadsMax: nullable(Type.Integer({ minimum: 1, maximum: 4 })),
    /** What to do with a guest that writes faster than the link carries. */
    convergencePolicy: ConvergencePolicy,
    /** Policy `certain`: most a guest may stand still when nothing else brings its memory across. */
    stopMsMax: StopMsMax,
    /** Policy `patient`: how long a move may go on without coming closer. */
    giveUpAfterMs: GiveUpAfterMs,
    /** Where disks go that come with a VM, when the move names no pool and there is none of the same name; null: nowhere. */
    defaultDiskPool: nullable(Name),
    /** What becomes of the host's VMs when it is shut down, where a VM says nothing else. */
    shutdownPolicy: ShutdownPolicySchema,
    /** All of that, until the machine ends. systemd ends a machine by force after half an hour. */
    shutdownMsMax: Type.Integer({ minimum: 30_000, maximum: 25 * 60_000 }),
    /** Of it, how long guests have to shut down before they lose their power. */
    shutdownGuestMsMax: Type.Integer({ minimum: 1_000, maximum: 20 * 60_000 }),
  },
  strict,
);
export type HostSettings = Type.Static<typeof HostSettings>;

export const defaultSettings: HostSettings = {
  migrationEnabled: true,
  // Hyper-V's figures: two moves fill a link, more only make each of them take longer.
  simultaneousMovesMax: 2,
  simultaneousStorageMovesMax: 2,
  migrationNetworks: null,
  performanceOption: "compression",
  memoryCompressor: "auto",
  memoryBandwidth: { bytesPerSecond: null, windows: [] },
  storageBandwidth: { bytesPerSecond: null, windows: [] },
  // QEMU's own figure; most guests switch over in far less.
  blackoutMsMax: 300,
  outageMsMax: 60_000,
  blackoutOutageMsMax: 3_000,
  pageCacheMibMax: 256,
  compressionThreadsMax: null,
  convergencePolicy: "balanced",
  // Who chooses that a guest is stopped has seen it; ten seconds keep most connections.
  stopMsMax: 10_000,
  giveUpAfterMs: 600_000,
  defaultDiskPool: null,
  shutdownPolicy: "move",
  shutdownMsMax: 600_000,
  // Servers with databases take a minute, those that install updates two.
  shutdownGuestMsMax: 120_000,
};

/**
 * Settings from outside. Whole or refused: what a client leaves out is not reset in silence, so that a client older than
 * this agent can't undo settings it knows nothing of.
 * @throws FerryError `bad-input` naming every fault.
 */
export function parseSettings(document: unknown): HostSettings {
  const faults = Value.Errors(HostSettings, document)
    .filter(({ keyword }) => keyword !== "anyOf" && keyword !== "const")
    .map(({ instancePath, message }) => `${instancePath || "settings"} ${message}`);
  if (Value.Check(HostSettings, document)) {
    faults.push(
      ...networkFaults(document.migrationNetworks ?? []),
      ...windowFaults("memoryBandwidth", document.memoryBandwidth),
      ...windowFaults("storageBandwidth", document.storageBandwidth),
    );
    if (faults.length === 0) return document;
  }
  throw new FerryError("bad-input", `Cannot use these host settings: ${faults.join("; ")}`, {
    remedy:
      "Read the present settings (ferry host settings), change what you want, and give all of them back",
    details: { faults },
  });
}

/** Settings as an older Ferry stored them: what it did not know has its default. */
export function completeSettings(stored: object): HostSettings {
  return parseSettings({ ...defaultSettings, ...stored });
}
