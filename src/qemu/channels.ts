/**
 * QEMU compresses memory in threads of its own (multifd): each sends what it compressed over a connection of its own, beside the stream
 * that all else goes over.
 */
import type { Qmp } from "./qmp.ts";

/**
 * Whether a QEMU of this version, such as `10.0.2`, can be trusted with it: those from 9.0 to 9.2.0 may lose pages (mended by upstream's
 * commit cdc3970f85).
 */
export function hasChannels(version: string): boolean {
  const [major = 0, minor = 0, micro = 0] = version
    .split(".")
    .map((part) => Number.parseInt(part, 10));
  const isFaulty = major === 9 && (minor < 2 || (minor === 2 && micro === 0));
  return major >= 7 && !isFaulty;
}

/** Whether this QEMU was built with the compression that its channels use. */
export async function canCompressChannels(qmp: Qmp): Promise<boolean> {
  return await qmp.execute("migrate-set-parameters", channelParameters(1)).then(
    () => true,
    () => false,
  );
}

/** After `prepareOutgoing` (migration.ts): fewer channels, or none. */
export async function setOutgoingChannels(qmp: Qmp, channels: number): Promise<void> {
  await qmp.execute("migrate-set-capabilities", {
    capabilities: [{ capability: "multifd", state: channels > 0 }],
  });
  if (channels > 0) await qmp.execute("migrate-set-parameters", channelParameters(channels));
}

/** @param level of zstd; absent: as it is, and a target's says nothing */
export function channelParameters(
  channels: number,
  level?: number,
): Record<string, number | string> {
  if (channels === 0) return {};
  const compression = { "multifd-channels": channels, "multifd-compression": "zstd" };
  return level === undefined ? compression : { ...compression, "multifd-zstd-level": level };
}
