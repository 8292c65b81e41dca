/** The report of a check as text: what blocks first, with its remedy. Pure. */
import type { CheckListed, CheckReport, Finding } from "../../api/schema/check.ts";
import { formatBytes, formatCount, formatDuration } from "../../base/format.ts";
import { printableLine } from "../printable.ts";
import { plain, type Style, type StyleName } from "../style.ts";

const order: readonly Finding["severity"][] = ["blocking", "warning", "passed"];
const words: Readonly<Record<Finding["severity"], readonly [string, StyleName]>> = {
  blocking: ["BLOCKS ", "red"],
  warning: ["warning", "yellow"],
  passed: ["passed ", "green"],
};

export function renderCheck(report: CheckReport, style: Style = plain): string {
  return [
    ...renderFindings(report.findings, style),
    ...(report.changes === undefined ? [] : renderChanges(report.changes, style)),
    style("bold", verdict(report)),
    ...renderPrediction(report, style),
  ].join("\n");
}

/** What is expected of a move that is possible. */
function renderPrediction({ prediction, predictionMissing, possible }: CheckReport, style: Style) {
  if (!possible) return [];
  if (!prediction) {
    return predictionMissing ? [`No prediction: ${printableLine(predictionMissing)}`] : [];
  }
  const { totalMs, blackoutMs, wireBytes, usedBytes, dirtyBytesPerSecond, link, advice } =
    prediction;
  const changing =
    dirtyBytesPerSecond === null ? "unknown" : `${formatBytes(dirtyBytesPerSecond)}/s`;
  const basis =
    prediction.pastMoves === 0 ? "no move yet" : formatCount(prediction.pastMoves, "past move");
  return [
    `expected  ${formatDuration(totalMs)} in all, blackout ${formatDuration(blackoutMs)}, ${formatBytes(wireBytes)} on the wire`,
    `          memory in use ${formatBytes(usedBytes)}, changing ${changing}; link ${formatBytes(link.bytesPerSecond)}/s, ` +
      `round trip ${formatDuration(link.roundTripMs)}; from ${basis}`,
    ...(advice === null ? [] : [style("yellow", printableLine(advice))]),
  ];
}

function renderChanges(changes: NonNullable<CheckReport["changes"]>, style: Style): string[] {
  if (changes.length === 0) return ["Nothing changed since the kept report"];
  return changes.map(({ kind, check, host, message }) => {
    const word = kind === "mended" ? style("green", "mended ") : style("red", "new    ");
    return `${word}  ${check} (${host}): ${printableLine(message)}`;
  });
}

/** What is checked, family by family. */
export function renderCheckList(checks: readonly CheckListed[], style: Style = plain): string {
  const families = Map.groupBy(checks, ({ family }) => family);
  return [...families]
    .flatMap(([family, listed]) => [
      style("bold", printableLine(`${family.charAt(0).toUpperCase()}${family.slice(1)}`)),
      ...listed.flatMap(({ id, severity, title, compares, remedy }) =>
        [
          `  ${id} (${severity === "blocking" ? "blocks" : "warns"}): ${title}`,
          `      compares: ${compares}`,
          `      remedy:   ${remedy}`,
        ].map(printableLine),
      ),
    ])
    .join("\n");
}

/** A refused move's error, from the report that it carries: the verdict, then what stands against it, line by line. */
export function renderRefusal(report: CheckReport, style: Style = plain): string[] {
  const against = report.findings.filter(({ severity }) => severity !== "passed");
  return [verdict(report), ...renderFindings(against, style)];
}

export function isCheckReport(details: unknown): details is CheckReport {
  return Array.isArray((details as Partial<CheckReport> | undefined)?.findings);
}

function verdict({ vm, source, target, findings, possible }: CheckReport): string {
  if (possible) return `${vm.name} can move from ${source} to ${target}`;
  const against = findings.filter(({ severity }) => severity === "blocking").length;
  const count = `${against} of ${formatCount(findings.length, "check")}`;
  return `${vm.name} cannot move from ${source} to ${target}: ${count} ${against === 1 ? "stands" : "stand"} against it`;
}

function renderFindings(findings: readonly Finding[], style: Style): string[] {
  return findings
    .toSorted((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))
    .flatMap(({ severity, check, host, message, remedy }) => {
      const [word, name] = words[severity];
      const line = `${style(name, word)}  ${check} (${host}): ${printableLine(message)}`;
      return remedy === null ? [line] : [line, `         remedy: ${printableLine(remedy)}`];
    });
}
