/** `npm run tidy`: holds every tracked or new source file to the rules of tidy-rules.ts. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { stageNames } from "../src/migration/plan.ts";
import {
  bannedCalls,
  importDirections,
  markdown,
  names,
  oneStageList,
  purity,
  type Rule,
  type SourceFile,
  size,
} from "./tidy-rules.ts";

const sourceRules: readonly Rule[] = [
  size,
  names,
  importDirections,
  purity,
  bannedCalls,
  oneStageList(stageNames),
];

/** What a copy without a git directory leaves out of the walk. */
const files = execFileSync(
  "find",
  [
    ".",
    "(",
    "-name",
    "node_modules",
    "-o",
    "-name",
    ".git",
    "-o",
    "-name",
    ".cache",
    ")",
    "-prune",
    "-o",
    "-type",
    "f",
    "-print",
  ],
  { encoding: "utf8" },
)
  .split("\n")
  .filter((path) => path !== "" && !path.startsWith("./console/dist/"))
  .map((path) => path.slice(2));

const findings = files.flatMap((path) => {
  const rules = path.endsWith(".md") ? [markdown] : /\.(?:tsx?|mjs)$/.test(path) ? sourceRules : [];
  if (rules.length === 0) return [];
  const file: SourceFile = { path, text: readFileSync(path, "utf8") };
  return rules.flatMap((rule) => rule(file));
});

const stageFiles = files.filter((path) => /^src\/migration\/stages\/[^/.]+\.ts$/.test(path));
if (existsSync("src/migration/stages")) {
  for (const name of stageNames) {
    const path = `src/migration/stages/${name}.ts`;
    if (name !== "storage-mirror" && !stageFiles.includes(path)) {
      findings.push({ path, line: 1, message: "missing: each stage of the plan has its file" });
    }
  }
}

for (const { path, line, message } of findings) console.error(`${path}:${line}: ${message}`);
console.log(`tidy: ${files.length} files, ${findings.length} findings`);
if (findings.length > 0) process.exitCode = 1;
