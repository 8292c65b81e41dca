/** The results of the fault matrix, kept as lines of JSON, and the page made of them. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { type Breakage, breakages, faultCases } from "./cases.ts";
import type { CaseResult } from "./run-case.ts";

export const resultsFile = new URL("../../.cache/faults.jsonl", import.meta.url);
const page = new URL("../../docs/reliability.md", import.meta.url);

/** The newest result of each case. */
export function readResults(): CaseResult[] {
  if (!existsSync(resultsFile)) return [];
  const lines = readFileSync(resultsFile, "utf8").split("\n");
  const results = lines.filter((line) => line !== "").map((line) => JSON.parse(line) as CaseResult);
  return [...new Map(results.map((result) => [result.id, result])).values()];
}

/** Replaces the part of docs/reliability.md between its two marks. */
export function writeReport(): void {
  const text = readFileSync(page, "utf8");
  const [head = "", rest = ""] = text.split("<!-- matrix -->\n");
  const tail = rest.split("<!-- /matrix -->")[1] ?? "";
  const table = render(readResults());
  writeFileSync(page, `${head}<!-- matrix -->\n${table}<!-- /matrix -->${tail}`);
}

type Row = Record<string, CaseResult[]>;

function render(results: readonly CaseResult[]): string {
  const known = new Map(faultCases().map((fault) => [fault.id, fault]));
  const counted = results.filter(({ id, outcome }) => known.has(id) && outcome !== "not reached");
  const rows = new Map<string, Row>();
  for (const result of counted) {
    const fault = known.get(result.id);
    if (fault === undefined) continue;
    const { role, at } = fault.point;
    const row = rows.get(`${role} ${at}`) ?? {};
    (row[fault.breakage] ??= []).push(result);
    rows.set(`${role} ${at}`, row);
  }
  const names = Object.keys(breakages) as Breakage[];
  const lines = [...rows]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, row]) => {
      const cells = names.map((each) => cell(row[each] ?? []));
      return `| \`${name}\` | ${cells.join(" | ")} |`;
    });
  const head = `| point | ${names.join(" | ")} |\n|---|${"---|".repeat(names.length)}`;
  return `${summary(counted)}\n${head}\n${lines.join("\n")}\n`;
}

/** How many cases ended right, and where the VM was then: \`3: 2 source, 1 target\`. */
function cell(results: readonly CaseResult[]): string {
  if (results.length === 0) return "–";
  const on = (owner: string): number => results.filter((each) => each.owner === owner).length;
  const wrong = results.filter(({ outcome }) => outcome === "wrong").length;
  const parts = [on("source") && `${on("source")} s`, on("target") && `${on("target")} t`];
  const text = parts.filter((part) => part !== 0).join(" ");
  return wrong === 0 ? text : `${text} **${wrong} wrong**`;
}

function summary(results: readonly CaseResult[]): string {
  const count = (outcome: string): number => results.filter((r) => r.outcome === outcome).length;
  const dates = results.map(({ at }) => at.slice(0, 10)).toSorted();
  const span = dates[0] === dates.at(-1) ? dates[0] : `${dates[0]} to ${dates.at(-1)}`;
  const broken = results.filter(({ outcome }) => outcome !== "nothing to break").length;
  return `Run on ${span}: **${broken} cases, ${count("right")} right, ${count("wrong")} wrong**; ${count("nothing to break")} more \
in which there was nothing to break yet or any more (a QEMU that is not there). ${faultCases().length} cases are defined.
`;
}
