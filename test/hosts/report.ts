/**
 * The table of the cases on whole hosts, in docs/reliability.md between its two marks. Each case keeps the row of its latest run, since some
 * are run by themselves; one that was never run says so.
 */
import { readFileSync, writeFileSync } from "node:fs";

export interface CaseOutcome {
  readonly what: string;
  readonly figures: string;
  /** What was not as it should be; null: nothing. */
  readonly trouble: string | null;
  readonly seconds: number;
}

const page = new URL("../../docs/reliability.md", import.meta.url);
const [begin, end] = ["<!-- hosts -->\n", "<!-- /hosts -->"];

/** `cases`: the names of all there are, in their order. */
export function writeReport(cases: readonly string[], outcomes: readonly CaseOutcome[]): void {
  const [head = "", rest = ""] = readFileSync(page, "utf8").split(begin);
  const [before = "", tail = ""] = rest.split(end);
  const day = new Date().toISOString().slice(0, 10);
  const rows = new Map(before.split("\n").map((line) => [line.split(" | ")[0], line]));
  for (const { what, figures, trouble, seconds } of outcomes) {
    const outcome = trouble === null ? "right" : `wrong: ${oneLine(trouble)}`;
    const key = `| ${what}`;
    rows.set(key, [key, outcome, figures, `${seconds} s`, `${day} |`].join(" | "));
  }
  const table = [
    "| case | outcome | figures | took | day |",
    "|---|---|---|---|---|",
    ...cases.map((what) => rows.get(`| ${what}`) ?? `| ${what} | not run | | | |`),
  ].join("\n");
  writeFileSync(page, `${head}${begin}${table}\n${end}${tail}`);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll("|", "/").slice(0, 200);
}
