/** The table of the cases on whole hosts, in docs/reliability.md between its two marks. */
import { readFileSync, writeFileSync } from "node:fs";

export interface CaseOutcome {
  readonly what: string;
  readonly figures: string;
  /** What was not as it should be; null: nothing. */
  readonly trouble: string | null;
  readonly seconds: number;
}

const page = new URL("../../docs/reliability.md", import.meta.url);

export function writeReport(outcomes: readonly CaseOutcome[]): void {
  const [head = "", rest = ""] = readFileSync(page, "utf8").split("<!-- hosts -->\n");
  const tail = rest.split("<!-- /hosts -->")[1] ?? "";
  const right = outcomes.filter(({ trouble }) => trouble === null).length;
  const day = new Date().toISOString().slice(0, 10);
  const rows = outcomes.map(
    ({ what, figures, trouble }) =>
      `| ${what} | ${trouble === null ? "right" : `wrong: ${oneLine(trouble)}`} | ${figures} |`,
  );
  const table = [
    `Run on ${day}: **${outcomes.length} cases, ${right} right, ${outcomes.length - right} wrong**.`,
    "",
    "| case | outcome | figures |",
    "|---|---|---|",
    ...rows,
  ].join("\n");
  writeFileSync(page, `${head}<!-- hosts -->\n${table}\n<!-- /hosts -->${tail}`);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll("|", "/").slice(0, 200);
}
