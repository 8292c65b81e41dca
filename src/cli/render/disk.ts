/** Disks that move with their VM, as text: while they cross, and what came of it. Pure. */
import { formatBytes, formatDuration, formatRate } from "../../base/format.ts";
import type { MigrationRecord } from "../../migration/record.ts";
import type { Column } from "../table.ts";

export type Disk = MigrationRecord["disks"][number];

/** One line while the move runs; empty before anything is known. */
export function diskLine(disk: Disk): string {
  const { name, state, copiedBytes, totalBytes, rateBytesPerSecond, remainingMs } = disk;
  const parts =
    state === "mirrored"
      ? [`${formatBytes(copiedBytes)} copied, writes are mirrored`, written(disk)]
      : [
          `${formatBytes(copiedBytes)} of ${formatBytes(totalBytes)}`,
          formatRate(rateBytesPerSecond),
          remainingMs === null
            ? ""
            : `about ${formatDuration(Math.ceil(remainingMs / 1000) * 1000)} left`,
        ];
  return state === "waiting" ? "" : `disk ${name}: ${join([...parts, pacing(disk)])}`;
}

/** How the guest fared that wrote meanwhile; empty when it lost no time. */
export function pacing({ guestWrites }: Disk): string {
  if (guestWrites === undefined || guestWrites.pacedMs === 0) return "";
  const { pacedMs, meanMs, usualMs } = guestWrites;
  const means = [
    meanMs === null ? "" : `${milliseconds(meanMs)} each`,
    usualMs === null ? "" : `${milliseconds(usualMs)} before`,
  ];
  return `guest's writes slowed for ${formatDuration(pacedMs)}: ${join(means)}`;
}

export const diskColumns: readonly Column<Disk>[] = [
  { title: "disk", text: ({ name }) => name },
  { title: "to", text: ({ targetPool }) => targetPool },
  { title: "state", text: ({ state }) => state },
  { title: "copied", text: ({ copiedBytes }) => formatBytes(copiedBytes), align: "right" },
  {
    title: "of it mirrored",
    text: ({ mirroredBytes }) => formatBytes(mirroredBytes),
    align: "right",
  },
  {
    title: "on the wire",
    text: ({ wireBytes }) => (wireBytes === undefined ? "" : formatBytes(wireBytes)),
    align: "right",
  },
  {
    title: "guest wrote",
    text: ({ guestWrites }) => (guestWrites === undefined ? "" : formatBytes(guestWrites.bytes)),
    align: "right",
  },
  {
    title: "writes slowed for",
    text: ({ guestWrites }) =>
      guestWrites === undefined ? "" : formatDuration(guestWrites.pacedMs),
    align: "right",
  },
];

function written({ mirroredBytes }: Disk): string {
  return mirroredBytes === 0 ? "" : `${formatBytes(mirroredBytes)} so far`;
}

/** Writes take less than a millisecond on a good day. */
function milliseconds(ms: number): string {
  return `${ms < 10 ? Number(ms.toPrecision(2)) : Math.round(ms)} ms`;
}

function join(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(", ");
}
