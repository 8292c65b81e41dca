/**
 * `npm test`: the checks, then every test, two files at a time: labs have names of their own and agents addresses of
 * their own, no test asserts how long something takes, and half of a move is waiting. `npm test -- FILE...` runs only
 * those.
 */
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";
import { prepareLabs } from "../lab/prepare.ts";
import { rerunAsLabRoot } from "../lab/user-namespace.ts";

/** Agents that start often, and a process for each file, compile their sources once. */
const compiled = join(import.meta.dirname, "../.cache/compiled");
const filesAtOnce = 2;

const patterns = ["src", "console/src", "lab", "scripts", "bench", "test"].map(
  (folder) => `${folder}/**/*.test.ts`,
);
const given = process.argv.slice(2);
const files = given.filter((word) => !word.startsWith("--"));
// For Node's test runner, such as --test-name-pattern=PATTERN.
const options = given.filter((word) => word.startsWith("--"));

const elsewhere = await rerunAsLabRoot();
if (elsewhere === undefined) {
  const checked = files.length > 0 || runNode(["scripts/check.ts"]);
  const chosen =
    files.length > 0 ? files : patterns.flatMap((pattern) => globSync(pattern).toSorted());
  // Two files that start at once would fetch and build the same, in each other's way.
  await prepareLabs((line) => console.error(line));
  const passed = runNode(["--test", `--test-concurrency=${filesAtOnce}`, ...options, ...chosen]);
  if (!checked) console.error("The tests have run, but the checks before them failed: see above");
  process.exitCode = checked && passed ? 0 : 1;
} else {
  process.exitCode = elsewhere;
}

function runNode(args: readonly string[]): boolean {
  const env = { NODE_COMPILE_CACHE: compiled, ...process.env };
  return spawnSync(process.execPath, args, { stdio: "inherit", env }).status === 0;
}
