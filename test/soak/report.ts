/** What a soak has to say at its end, in Markdown, and its place in docs/reliability.md. */
import { readFileSync, writeFileSync } from "node:fs";
import { longestLife, type Resources, resourceNames } from "./resources.ts";

const page = new URL("../../docs/reliability.md", import.meta.url);

export interface Soaked {
  readonly moves: number;
  readonly minutes: number;
  readonly seed: string;
  /** How often each kind of move ended how. */
  readonly counts: Readonly<Record<string, number>>;
  readonly wrong: readonly string[];
  /** By host, one after every move. */
  readonly samples: Readonly<Record<string, readonly Resources[]>>;
}

export function renderSoak({ moves, minutes, seed, counts, wrong, samples }: Soaked): string {
  const verdict = wrong.length === 0 ? "no invariant broken" : `BROKEN: ${wrong.join("; ")}`;
  const date = new Date().toISOString().slice(0, 10);
  const kinds = Object.entries(counts).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return [
    `Run on ${date}: **${moves} moves in ${minutes.toFixed(0)} minutes, ${verdict}** (seed ${seed}).`,
    "",
    "| what was done: how it ended | times |",
    "|---|---|",
    ...kinds.map(([what, count]) => `| ${what} | ${count} |`),
    "",
    `| agent, longest life | moves | ${resourceNames.join(" | ")} |`,
    `|---|---|${"---|".repeat(resourceNames.length)}`,
    ...Object.entries(samples).map(([host, list]) => life(host, list)),
    "",
  ].join("\n");
}

/** Replaces the part of docs/reliability.md between its two marks. */
export function writeSoak(text: string): void {
  const [head = "", rest = ""] = readFileSync(page, "utf8").split("<!-- soak -->\n");
  const tail = rest.split("<!-- /soak -->")[1] ?? "";
  writeFileSync(page, `${head}<!-- soak -->\n${text}<!-- /soak -->${tail}`);
}

function life(host: string, samples: readonly Resources[]): string {
  const growth = longestLife(samples);
  if (growth === undefined) return `| ${host} | – | ${resourceNames.map(() => "–").join(" | ")} |`;
  const cells = resourceNames.map((name) => {
    const [first, last, most] = growth.of[name];
    return `${first} → ${last}, at most ${most}`;
  });
  return `| ${host} | ${growth.samples} | ${cells.join(" | ")} |`;
}
