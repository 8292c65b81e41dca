/** Migrations as text: the list, the report at the end of one, and one in full. Pure. */
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatRate,
  formatTime,
} from "../../base/format.ts";
import { comparisonWords } from "../../migration/comparison-words.ts";
import type { MigrationRecord } from "../../migration/record.ts";
import { diskColumns, pacing } from "./disk.ts";
import { describe } from "../adjustment.ts";
import type { Style, StyleName } from "../style.ts";
import { type Column, renderFields, renderTable } from "../table.ts";

type StageRecord = MigrationRecord["stages"][number];

const stateStyles: Partial<Record<MigrationRecord["state"], StyleName>> = {
  completed: "green",
  running: "cyan",
  failed: "red",
  unresolved: "red",
  cancelled: "yellow",
};

const columns: readonly Column<MigrationRecord>[] = [
  { title: "migration", text: ({ id }) => id },
  { title: "vm", text: ({ vm }) => vm.name },
  { title: "from", text: ({ source }) => source },
  { title: "to", text: ({ target }) => target },
  { title: "state", text: ({ state }) => state, style: ({ state }) => stateStyles[state] },
  { title: "requested", text: ({ requestedAt }) => formatTime(requestedAt) },
  { title: "total", text: (record) => duration(totalMs(record)), align: "right" },
  { title: "blackout", text: ({ blackout }) => duration(blackout?.totalMs), align: "right" },
];

export function renderMigrationList(records: readonly MigrationRecord[], style?: Style): string {
  return renderTable(columns, records, style);
}

/** What came of a move, in a few lines: where the VM is, how long it took, how long the guest stood still. */
export function renderReport(record: MigrationRecord): string {
  const { blackout, rounds } = record;
  const fields: [string, string][] = [];
  if (blackout !== null) {
    const { disksMs, sendMs, loadMs, handoverMs, resumeMs } = blackout;
    const parts = [
      ...(disksMs > 0 ? [`disks ${formatDuration(disksMs)}`] : []),
      `sending ${formatDuration(sendMs)}`,
      `loading ${formatDuration(loadMs)}`,
      `handover ${formatDuration(handoverMs)}`,
      `resuming ${formatDuration(resumeMs)}`,
    ];
    fields.push(["blackout", `${formatDuration(blackout.totalMs)}: ${parts.join(", ")}`]);
  }
  if (record.guestBytes > 0) {
    const inRounds = rounds.length === 0 ? "" : ` in ${formatCount(rounds.length, "round")}`;
    const wire = `${formatBytes(record.wireBytes)} on the wire`;
    fields.push(["memory", `${formatBytes(record.guestBytes)}${inRounds}, ${wire}`]);
  }
  if (record.diskBytes > 0) {
    const mirrored = record.disks.reduce((sum, disk) => sum + disk.mirroredBytes, 0);
    const copied = `${formatBytes(record.diskBytes)} of ${formatCount(record.disks.length, "disk")}`;
    fields.push(["disks", `${copied}, ${formatBytes(mirrored)} of it written meanwhile`]);
    const resumed = record.disks.reduce((sum, disk) => sum + (disk.resumedBytes ?? 0), 0);
    if (resumed > 0) fields.push(["resumed", `${formatBytes(resumed)} were there already`]);
    for (const disk of record.disks) {
      if (pacing(disk) !== "") fields.push([`disk ${disk.name}`, pacing(disk)]);
    }
  }
  const compared = comparisonWords(record);
  if (compared !== undefined) fields.push(["verified", compared]);
  if (keepsPartial(record)) {
    const again = `ferry move ${record.vm.name} ${record.target} --with-storage --resume`;
    fields.push([
      "kept",
      `what ${record.target} has of the disks, for three days; go on with: ${again}`,
    ]);
  }
  const sentence = renderOutcome(record);
  return fields.length === 0 ? sentence : `${sentence}\n${renderFields(fields)}`;
}

function keepsPartial({ state, options, diskBytes }: MigrationRecord): boolean {
  const isOff = state === "failed" || state === "cancelled";
  return isOff && diskBytes > 0 && (options.keepPartial === true || options.resume === true);
}

/** Where the VM is now, as a sentence. */
function renderOutcome(record: MigrationRecord): string {
  const { vm, source, target, state } = record;
  const took = duration(totalMs(record));
  switch (state) {
    case "completed":
      return `${vm.name} moved from ${source} to ${target} in ${took} and runs there`;
    case "cancelled":
      return `The move of ${vm.name} to ${target} was cancelled; it runs on ${source}`;
    case "failed":
      return `The move of ${vm.name} to ${target} failed; it runs on ${source}`;
    case "unresolved":
      return `Whether ${vm.name} belongs to ${source} or ${target} is not decided yet`;
    case "queued":
      return `${vm.name} waits to move from ${source} to ${target}${record.waitingFor === null ? "" : `: ${record.waitingFor}`}`;
    case "running":
    case "cancelling":
      return `${vm.name} is moving from ${source} to ${target}`;
  }
}

/** One migration in full: the report, each stage's time, each round. */
export function renderMigration(record: MigrationRecord, style?: Style): string {
  const { requestedBy, requestedAt, options, error } = record;
  const fields: [string, string][] = [
    ["migration", record.id],
    ["state", record.state],
    ["requested", formatTime(requestedAt)],
    ["by", requestedBy],
  ];
  const chosen = Object.entries(options).map(([name, value]) => {
    const text = typeof value === "object" ? Object.entries(value).join(" ") : String(value);
    return `${name} ${text}`;
  });
  if (chosen.length > 0) fields.push(["options", chosen.join(", ")]);
  if (error !== null) {
    fields.push([
      "error",
      error.stage === null ? error.message : `in ${error.stage}: ${error.message}`,
    ]);
    if (error.remedy !== undefined) fields.push(["remedy", error.remedy]);
  }
  const parts = [renderReport(record), renderFields(fields)];
  if (record.stages.length > 0) parts.push(renderTable(stageColumns(record), record.stages, style));
  if (record.disks.length > 0) parts.push(renderTable(diskColumns, record.disks, style));
  if (record.rounds.length > 0) parts.push(renderTable(roundColumns, record.rounds, style));
  if (record.verdict !== undefined) parts.push(renderVerdict(record.verdict));
  const { adjustments = [] } = record;
  if (adjustments.length > 0)
    parts.push(renderTable(adjustmentColumns(record), adjustments, style));
  return parts.join("\n\n");
}

/** Since the move began: what happened when is told by seconds, not by the hour. */
function stageColumns(record: MigrationRecord): readonly Column<StageRecord>[] {
  const began = record.startedAt ?? record.requestedAt;
  return [
    { title: "stage", text: ({ name }) => name },
    { title: "after", text: ({ startedAt }) => duration(startedAt - began), align: "right" },
    {
      title: "took",
      text: ({ startedAt, endedAt }) => (endedAt === null ? "" : duration(endedAt - startedAt)),
      align: "right",
    },
  ];
}

type Adjustment = NonNullable<MigrationRecord["adjustments"]>[number];

/** What was done to bring memory across. */
function adjustmentColumns(record: MigrationRecord): readonly Column<Adjustment>[] {
  const began = record.startedAt ?? record.requestedAt;
  return [
    { title: "after", text: ({ at }) => duration(at - began), align: "right" },
    { title: "the guest", text: describe },
    { title: "by", text: ({ by }) => by },
    { title: "why", text: ({ why }) => why },
  ];
}

/** Whether memory comes across, and what may be done when it does not. */
export function renderVerdict({ round, message, options }: Verdict): string {
  return [`After round ${round}: ${message}`, ...options.map((option) => `  ${option}`)].join("\n");
}

type Verdict = NonNullable<MigrationRecord["verdict"]>;

const roundColumns: readonly Column<MigrationRecord["rounds"][number]>[] = [
  { title: "round", text: ({ number }) => String(number), align: "right" },
  { title: "took", text: ({ durationMs }) => formatDuration(durationMs), align: "right" },
  { title: "sent", text: ({ bytesSent }) => formatBytes(bytesSent), align: "right" },
  { title: "remaining", text: ({ remainingBytes }) => formatBytes(remainingBytes), align: "right" },
  {
    title: "guest writes",
    text: ({ dirtyBytesPerSecond }) => formatRate(dirtyBytesPerSecond),
    align: "right",
  },
  {
    title: "link",
    text: ({ linkBytesPerSecond }) => formatRate(linkBytesPerSecond),
    align: "right",
  },
];

function totalMs({ startedAt, requestedAt, endedAt }: MigrationRecord): number | undefined {
  return endedAt === null ? undefined : endedAt - (startedAt ?? requestedAt);
}

function duration(milliseconds: number | undefined): string {
  return milliseconds === undefined ? "" : formatDuration(milliseconds);
}
