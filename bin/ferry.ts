#!/usr/bin/env node
/** The command line. Everything it does is in src/cli/. */
import { statSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

// Compiled code is kept, which makes a command start three times as fast. Only below a home directory that is this
// user's own: who can write there decides what runs here.
const home = statSync(homedir(), { throwIfNoEntry: false });
if (home?.uid === process.getuid?.()) {
  enableCompileCache(process.env["NODE_COMPILE_CACHE"] ?? join(homedir(), ".cache", "ferry"));
}

// A reader that has seen enough, such as `head`, is no error of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? 0 : 70);
});

const { run } = await import("../src/cli/run.ts");
process.exitCode = await run(
  process.argv.slice(2),
  { out: process.stdout, err: process.stderr },
  process.env,
);
