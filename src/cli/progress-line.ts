/**
 * A running move as lines of text: a view that is drawn over and over on a terminal, or lines that are added to a log.
 * Pure; the stages come from the plan.
 */
import { formatBytes, formatDuration, formatPreciseTime, formatRate } from "../base/format.ts";
import { describe } from "./adjustment.ts";
import { plan, type StageName } from "../migration/plan.ts";
import type { MigrationRecord } from "../migration/record.ts";
import { diskLine } from "./render/disk.ts";
import { plain, type Style, type StyleName } from "./style.ts";

export interface ViewOptions {
  /** Columns of the terminal. */
  readonly width: number;
  readonly style: Style;
  readonly glyphs: Glyphs;
}

export interface Glyphs {
  readonly full: string;
  readonly empty: string;
  readonly marks: Readonly<Record<StageMark, string>>;
}

export type StageMark = "done" | "running" | "pending" | "skipped";

const unicode: Glyphs = {
  full: "█",
  empty: "░",
  marks: { done: "✓", running: "▶", pending: "·", skipped: "–" },
};
const ascii: Glyphs = {
  full: "#",
  empty: ".",
  marks: { done: "+", running: ">", pending: " ", skipped: "-" },
};
const markStyles: Readonly<Record<StageMark, StyleName>> = {
  done: "green",
  running: "bold",
  pending: "dim",
  skipped: "dim",
};

/** Block characters where the locale is UTF-8, else what every terminal has. */
export function glyphsFor(environment: NodeJS.ProcessEnv): Glyphs {
  const locale = environment["LC_ALL"] || environment["LC_CTYPE"] || environment["LANG"] || "";
  return /utf-?8/i.test(locale) ? unicode : ascii;
}

/** Where each stage of the plan is. One that never started while a later one has is skipped: shared disks need no mirror. */
export function stageMarks(record: MigrationRecord): ReadonlyMap<StageName, StageMark> {
  const started = new Map(record.stages.map((stage) => [stage.name, stage]));
  const last = plan.findLastIndex(({ name }) => started.has(name));
  return new Map(
    plan.map(({ name }, index) => {
      const stage = started.get(name);
      if (stage !== undefined) return [name, stage.endedAt === null ? "running" : "done"];
      return [name, index < last ? "skipped" : "pending"];
    }),
  );
}

/** The view of a terminal: stages, bar, figures. Lines are not wider than the terminal. */
export function liveView(record: MigrationRecord, options: ViewOptions): string[] {
  const { width, style } = options;
  const title = `${record.vm.name}: ${record.source} -> ${record.target}, ${record.state}`;
  const lines = [style("bold", cut(title, width)), ...stageLines(record, options)];
  if (record.waitingFor !== null) lines.push(cut(record.waitingFor, width));
  if (record.progress !== null) lines.push(barLine(record.progress, options));
  const more = [...figures(record), ...record.disks.map(diskLine)];
  lines.push(...more.flatMap((line) => (line === "" ? [] : [cut(line, width)])));
  return [...lines, ...verdictLines(record, options)];
}

/** Only a verdict that asks for something, and only while it can be acted upon. */
function verdictLines(
  { verdict, stage, endedAt }: MigrationRecord,
  options: ViewOptions,
): string[] {
  if (verdict === undefined || verdict.converges || endedAt !== null) return [];
  if (stage !== "memory-precopy") return [];
  const { width, style } = options;
  return [
    style("yellow", cut(verdict.message, width)),
    ...verdict.options.map((option) => cut(`  ${option}`, width)),
  ];
}

function stageLines(record: MigrationRecord, { width, style, glyphs }: ViewOptions): string[] {
  const lines: { text: string; length: number }[] = [];
  for (const [name, mark] of stageMarks(record)) {
    const word = `${glyphs.marks[mark]} ${name}`;
    const styled = style(markStyles[mark], word);
    const line = lines.at(-1);
    if (line === undefined || line.length + 2 + word.length > width) {
      lines.push({ text: styled, length: word.length });
    } else {
      line.text += `  ${styled}`;
      line.length += 2 + word.length;
    }
  }
  return lines.map(({ text }) => text);
}

type Progress = NonNullable<MigrationRecord["progress"]>;

function barLine({ percent }: Progress, { width, glyphs }: ViewOptions): string {
  // Never 100 before it is: Math.floor, since "100 %" and still waiting is what people call stuck.
  const text = ` ${String(Math.floor(percent)).padStart(3)} %`;
  const size = Math.max(10, Math.min(60, width - text.length - 1));
  const full = Math.floor((size * percent) / 100);
  return `${glyphs.full.repeat(full)}${glyphs.empty.repeat(size - full)}${text}`;
}

function figures({ progress, stages, rounds }: MigrationRecord): [string, string] | [] {
  if (progress === null || stages.length === 0) return [];
  const { remainingMs, expectedBlackoutMs, throttlePercent } = progress;
  const uncertaintyMs = progress.remainingMsUncertainty ?? 0;
  const first = [
    progress.round > 0 ? `round ${progress.round}` : "",
    `${formatBytes(progress.transferredBytes)} sent`,
    `${formatBytes(progress.remainingBytes)} remaining`,
    formatRate(progress.rateBytesPerSecond),
  ];
  const second = [
    // Before the end of the first round nobody knows how fast the guest writes.
    rounds.length > 0 ? `guest writes ${formatRate(progress.dirtyBytesPerSecond)}` : "",
    remainingMs === null ? "" : `about ${formatEstimate(remainingMs, uncertaintyMs)} left`,
    expectedBlackoutMs === null ? "" : `expected blackout ${formatDuration(expectedBlackoutMs)}`,
    throttlePercent > 0 ? `guest slowed by ${throttlePercent} %` : "",
  ];
  return [join(first), join(second)];
}

/** What to add to a log when `before` has become `now`: a line for each stage, round and change of state. */
export function logLines(before: MigrationRecord | undefined, now: MigrationRecord): string[] {
  const lines: [number, string][] = [];
  const known = new Set(before?.stages.map(({ name }) => name));
  for (const { name, startedAt } of now.stages) {
    if (!known.has(name)) lines.push([startedAt, name]);
  }
  for (const round of now.rounds.slice(before?.rounds.length ?? 0)) {
    const { number, startedAt, durationMs, bytesSent, remainingBytes } = round;
    const figures = [
      `round ${number}: ${formatBytes(bytesSent)} sent in ${formatDuration(durationMs)}`,
      `${formatBytes(remainingBytes)} remaining`,
      `guest writes ${formatRate(round.dirtyBytesPerSecond)}`,
      `link ${formatRate(round.linkBytesPerSecond)}`,
    ];
    lines.push([startedAt + durationMs, join(figures)]);
  }
  for (const disk of now.disks) {
    const was = before?.disks.find(({ name }) => name === disk.name)?.state ?? "waiting";
    if (disk.state !== was) lines.push([now.progress?.at ?? now.requestedAt, diskLine(disk)]);
  }
  for (const adjustment of now.adjustments?.slice(before?.adjustments?.length ?? 0) ?? []) {
    const { at, by, why } = adjustment;
    const whose = by === "policy" ? "" : ` (${by})`;
    lines.push([at, `guest ${describe(adjustment)}${whose}: ${why}`]);
  }
  const { verdict } = now;
  if (verdict !== undefined && verdict.at !== before?.verdict?.at) {
    lines.push([verdict.at, [verdict.message, ...verdict.options].join("; ")]);
  }
  lines.sort(([a], [b]) => a - b);
  // Running is what the stages say; every other state is news.
  if (now.state !== before?.state && now.state !== "running") {
    lines.push([now.endedAt ?? now.progress?.at ?? now.requestedAt, now.state]);
  }
  return lines.map(([at, text]) => `${formatPreciseTime(at)} ${now.vm.name} ${text}`);
}

/** `12 s`, `12 ± 3 s`: without a precision that an estimate does not have. */
function formatEstimate(milliseconds: number, uncertaintyMs: number): string {
  if (milliseconds >= 59_000) return formatDuration(milliseconds);
  const seconds = Math.max(1, Math.ceil(milliseconds / 1000));
  const uncertainty = Math.round(uncertaintyMs / 1000);
  return uncertainty === 0 ? `${seconds} s` : `${seconds} ± ${uncertainty} s`;
}

function join(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(", ");
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 3))}...`;
}

export const plainView: ViewOptions = { width: 80, style: plain, glyphs: ascii };
