/** The report of a check as text: what blocks first, with its remedy. Pure. */
import type { CheckReport, Finding } from "../../api/schema/check.ts";
import { printableLine } from "../printable.ts";
import { plain, type Style, type StyleName } from "../style.ts";

const order: readonly Finding["severity"][] = ["blocking", "warning", "passed"];
const words: Readonly<Record<Finding["severity"], readonly [string, StyleName]>> = {
  blocking: ["BLOCKS ", "red"],
  warning: ["warning", "yellow"],
  passed: ["passed ", "green"],
};

export function renderCheck(report: CheckReport, style: Style = plain): string {
  const { vm, source, target, findings, possible } = report;
  const blocking = findings.filter(({ severity }) => severity === "blocking").length;
  const verdict = possible
    ? `${vm.name} can move from ${source} to ${target}`
    : `${vm.name} cannot move from ${source} to ${target}: ${blocking} of ${findings.length} checks stand against it`;
  return [...renderFindings(findings, style), style("bold", verdict)].join("\n");
}

export function renderFindings(findings: readonly Finding[], style: Style = plain): string[] {
  return findings
    .toSorted((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))
    .flatMap(({ severity, check, host, message, remedy }) => {
      const [word, name] = words[severity];
      const line = `${style(name, word)}  ${check} (${host}): ${printableLine(message)}`;
      return remedy === null ? [line] : [line, `         remedy: ${printableLine(remedy)}`];
    });
}
