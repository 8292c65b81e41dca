/** Host settings as text. Pure. */
import { formatDuration, formatRate } from "../../base/format.ts";
import type { Settings } from "../setting-changes.ts";
import type { Style } from "../style.ts";
import { type Column, renderFields, renderTable } from "../table.ts";

export function renderSettings(settings: Settings): string {
  const { migrationNetworks } = settings;
  const networks = migrationNetworks?.map(
    ({ subnet, priority }) => `${subnet}, priority ${priority}`,
  );
  return renderFields([
    ["migration", settings.migrationEnabled ? "on" : "off"],
    ["moves at once", `${settings.simultaneousMovesMax} out, ${settings.simultaneousMovesMax} in`],
    [
      "of them with disks",
      `${settings.simultaneousStorageMovesMax} out, ${settings.simultaneousStorageMovesMax} in`,
    ],
    ["networks", networks?.join("\n") ?? "any"],
    ["performance", settings.performanceOption],
    ["compressed by", settings.memoryCompressor],
    ["memory bandwidth", renderBandwidth(settings.memoryBandwidth)],
    ["storage bandwidth", renderBandwidth(settings.storageBandwidth)],
    ["most blackout", formatDuration(settings.blackoutMsMax)],
    ["most outage", formatDuration(settings.outageMsMax)],
    ["in the blackout", formatDuration(settings.blackoutOutageMsMax)],
    ["page cache", `${settings.pageCacheMibMax} MiB`],
    ["compression threads", String(settings.compressionThreadsMax ?? "half of the processors")],
    ["convergence", settings.convergencePolicy],
    ["most stop (certain)", formatDuration(settings.stopMsMax)],
    ["gives up after (patient)", formatDuration(settings.giveUpAfterMs)],
    ["pool for disks", settings.defaultDiskPool ?? "none"],
    ["VMs at its shutdown", settings.shutdownPolicy],
    ["most time for that", formatDuration(settings.shutdownMsMax)],
    ["of it, for guests", formatDuration(settings.shutdownGuestMsMax)],
  ]);
}

type Network = NonNullable<Settings["migrationNetworks"]>[number];

const networkColumns: readonly Column<Network>[] = [
  { title: "subnet", text: ({ subnet }) => subnet },
  { title: "priority", text: ({ priority }) => String(priority), align: "right" },
];

export function renderNetworks(networks: Settings["migrationNetworks"], style?: Style): string {
  if (networks === null) return "Moves may use any network";
  const byPriority = networks.toSorted((a, b) => a.priority - b.priority);
  return renderTable(networkColumns, byPriority, style);
}

function renderBandwidth({ bytesPerSecond, windows }: Settings["memoryBandwidth"]): string {
  const said = (rate: number | null): string => (rate === null ? "no limit" : formatRate(rate));
  const times = windows.map(({ from, to, bytesPerSecond: rate }) => `${from}-${to} ${said(rate)}`);
  return [said(bytesPerSecond), ...times].join("\n");
}
