/** `npm run check`: types, lint, format, tidiness and dead code; runs all of them, then says which failed. */
import { spawnSync } from "node:child_process";

const checks: ReadonlyArray<readonly [name: string, program: string, ...args: string[]]> = [
  ["types", "tsc", "--noEmit"],
  ["types of the console", "tsc", "--noEmit", "-p", "console"],
  ["lint", "oxlint", "--type-aware", "--deny-warnings"],
  ["format", "biome", "format", "--diagnostic-level=warn"],
  ["tidy", "node", "scripts/tidy.ts"],
  ["dead code", "knip", "--no-config-hints"],
];

const failed: string[] = [];
for (const [name, program, ...args] of checks) {
  const { status } = spawnSync(`node_modules/.bin/${program}`, args, { stdio: "inherit" });
  if (status !== 0) failed.push(name);
}

if (failed.length > 0) {
  console.error(`\ncheck failed: ${failed.join(", ")}`);
  process.exitCode = 1;
} else {
  console.log("check passed: types, lint, format, tidy, dead code");
}
