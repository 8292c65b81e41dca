/** What a move may use now: the host's settings, the time of day, and what the administrator asked for it. Pure. */
import type { MoveLimits } from "../migration/limits.ts";
import { bandwidthAt } from "./bandwidth.ts";
import type { HostSettings } from "./settings.ts";

/** `minute`: minutes after midnight, the host's local time. What one move asks for goes before it (limits.ts there). */
export function limitsNow(base: MoveLimits, settings: HostSettings, minute: number): MoveLimits {
  return {
    ...base,
    performance: settings.performanceOption,
    compressor: settings.memoryCompressor,
    blackoutMsMax: settings.blackoutMsMax,
    outageMsMax: settings.outageMsMax,
    blackoutOutageMsMax: settings.blackoutOutageMsMax,
    pageCacheBytesMax: settings.pageCacheMibMax * 1024 ** 2,
    compressionThreadsMax: settings.compressionThreadsMax ?? base.compressionThreadsMax,
    convergencePolicy: settings.convergencePolicy,
    stopMsMax: settings.stopMsMax,
    giveUpAfterMs: settings.giveUpAfterMs,
    bandwidthBytesPerSecond: bandwidthAt(settings.memoryBandwidth, minute) ?? 0,
    storageBytesPerSecond: bandwidthAt(settings.storageBandwidth, minute) ?? 0,
  };
}

/** Minutes after midnight, local time. */
export function minuteOfDay(at: Date): number {
  return at.getHours() * 60 + at.getMinutes();
}
