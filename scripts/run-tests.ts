/**
 * `npm test`: the checks, then every test, one file at a time: system tests boot VMs and measure, and would disturb
 * each other. `npm test -- FILE...` runs only those.
 */
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { rerunAsLabRoot } from "../lab/user-namespace.ts";

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
  const passed = runNode(["--test", "--test-concurrency=1", ...options, ...chosen]);
  if (!checked) console.error("The tests have run, but the checks before them failed: see above");
  process.exitCode = checked && passed ? 0 : 1;
} else {
  process.exitCode = elsewhere;
}

function runNode(args: readonly string[]): boolean {
  return spawnSync(process.execPath, args, { stdio: "inherit" }).status === 0;
}
