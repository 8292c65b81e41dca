/** What `ferry host set` and `ferry host network` make of the present settings. Pure. */
import type { HostSettingsAnswer } from "../api/schema/settings.ts";
import { FerryError } from "../base/errors.ts";
import { parseBandwidth } from "./quantities.ts";

export type Settings = HostSettingsAnswer["settings"];
type Bandwidth = Settings["memoryBandwidth"];
type Window = Bandwidth["windows"][number];
/** The agent's own bound (src/scheduler/bandwidth.ts). */
const bandwidthMin = 1_000_000;
const timeOfDay = "((?:[01]\\d|2[0-3]):[0-5]\\d)";
const windowForm = new RegExp(`^${timeOfDay}-${timeOfDay}=(\\S+)$`);

type Network = NonNullable<Settings["migrationNetworks"]>[number];

/** As commander gives them; absent: as it is. Null is said in words: an option's parser that gives null gives commander "". */
export interface SettingOptions {
  readonly migration?: "on" | "off";
  readonly maxMoves?: number;
  readonly maxStorageMoves?: number;
  readonly anyNetwork?: true;
  readonly performance?: Settings["performanceOption"];
  readonly compressor?: Settings["memoryCompressor"];
  readonly bandwidth?: number | "none";
  readonly bandwidthAt?: readonly Window[];
  readonly storageBandwidth?: number | "none";
  readonly storageBandwidthAt?: readonly Window[];
  readonly maxBlackout?: number;
  readonly maxOutage?: number;
  readonly maxBlackoutOutage?: number;
  readonly pageCache?: number;
  readonly compressionThreads?: number | "auto";
  readonly convergence?: Settings["convergencePolicy"];
  readonly maxStop?: number;
  readonly giveUpAfter?: number;
  readonly diskPool?: string;
  readonly atShutdown?: Settings["shutdownPolicy"];
  readonly shutdownWithin?: number;
  readonly guestShutdown?: number;
}

export function changeSettings(settings: Settings, options: SettingOptions): Settings {
  const { memoryBandwidth, storageBandwidth, defaultDiskPool } = settings;
  return {
    ...settings,
    migrationEnabled:
      options.migration === undefined ? settings.migrationEnabled : options.migration === "on",
    simultaneousMovesMax: options.maxMoves ?? settings.simultaneousMovesMax,
    simultaneousStorageMovesMax: options.maxStorageMoves ?? settings.simultaneousStorageMovesMax,
    migrationNetworks: options.anyNetwork === true ? null : settings.migrationNetworks,
    performanceOption: options.performance ?? settings.performanceOption,
    memoryCompressor: options.compressor ?? settings.memoryCompressor,
    memoryBandwidth: limited(memoryBandwidth, options.bandwidth, options.bandwidthAt),
    storageBandwidth: limited(
      storageBandwidth,
      options.storageBandwidth,
      options.storageBandwidthAt,
    ),
    blackoutMsMax: options.maxBlackout ?? settings.blackoutMsMax,
    outageMsMax: options.maxOutage ?? settings.outageMsMax,
    blackoutOutageMsMax: options.maxBlackoutOutage ?? settings.blackoutOutageMsMax,
    pageCacheMibMax: options.pageCache ?? settings.pageCacheMibMax,
    compressionThreadsMax:
      options.compressionThreads === "auto"
        ? null
        : (options.compressionThreads ?? settings.compressionThreadsMax),
    convergencePolicy: options.convergence ?? settings.convergencePolicy,
    stopMsMax: options.maxStop ?? settings.stopMsMax,
    giveUpAfterMs: options.giveUpAfter ?? settings.giveUpAfterMs,
    defaultDiskPool: options.diskPool === "none" ? null : (options.diskPool ?? defaultDiskPool),
    shutdownPolicy: options.atShutdown ?? settings.shutdownPolicy,
    shutdownMsMax: options.shutdownWithin ?? settings.shutdownMsMax,
    shutdownGuestMsMax: options.guestShutdown ?? settings.shutdownGuestMsMax,
  };
}

/** A subnet that is there already gets the new priority. */
export function withNetwork(settings: Settings, network: Network): Settings {
  const others = (settings.migrationNetworks ?? []).filter(
    ({ subnet }) => subnet !== network.subnet,
  );
  return { ...settings, migrationNetworks: [...others, network] };
}

/** Another subnet, another priority, or both, in one step. @throws FerryError `not-found`. */
export function withChangedNetwork(
  settings: Settings,
  subnet: string,
  change: Partial<Network>,
): Settings {
  const present = settings.migrationNetworks ?? [];
  const network = present.find((candidate) => candidate.subnet === subnet);
  if (network === undefined) throw noSuchNetwork("change", subnet, present);
  const changed = { ...network, ...change };
  const others = present.filter((other) => other !== network && other.subnet !== changed.subnet);
  return { ...settings, migrationNetworks: [...others, changed] };
}

/** Without the last one any network may be used again. @throws FerryError `not-found`. */
export function withoutNetwork(settings: Settings, subnet: string): Settings {
  const present = settings.migrationNetworks ?? [];
  const others = present.filter((network) => network.subnet !== subnet);
  if (others.length === present.length) {
    throw noSuchNetwork("remove", subnet, present);
  }
  return { ...settings, migrationNetworks: others.length === 0 ? null : others };
}

function noSuchNetwork(verb: string, subnet: string, present: readonly Network[]): FerryError {
  const names = present.map((network) => network.subnet).join(", ") || "none, any may be used";
  return new FerryError(
    "not-found",
    `Cannot ${verb} migration network "${subnet}": there are ${names}`,
    { remedy: "See: ferry host network list" },
  );
}

/** `none`, or a bandwidth. */
export function parseLimit(text: string): number | "none" {
  if (text === "none") return text;
  const bytesPerSecond = parseBandwidth(text);
  if (bytesPerSecond >= bandwidthMin) return bytesPerSecond;
  throw new FerryError("bad-input", `Cannot limit moves to "${text}"`, {
    remedy: "Give 8Mbit or more, or none: with less, memory changes faster than it is sent",
  });
}

/** `08:00-18:00=100M`, added to those given before; `none` drops all. */
export function parseWindow(text: string, before: readonly Window[] = []): Window[] {
  if (text === "none") return [];
  const [, from, to, limit] = windowForm.exec(text) ?? [];
  if (from === undefined || to === undefined || limit === undefined) {
    throw new FerryError("bad-input", `Cannot understand time of day "${text}"`, {
      remedy: "Write 08:00-18:00=100M, 22:00-06:00=none, or none for no times of day",
    });
  }
  return [...before, { from, to, bytesPerSecond: orNull(parseLimit(limit)) }];
}

function orNull(limit: number | "none"): number | null {
  return limit === "none" ? null : limit;
}

function limited(
  present: Bandwidth,
  limit: number | "none" | undefined,
  windows: readonly Window[] | undefined,
): Bandwidth {
  return {
    bytesPerSecond: limit === undefined ? present.bytesPerSecond : orNull(limit),
    windows: windows === undefined ? present.windows : [...windows],
  };
}
