/** Writes docs/cli.md from the commands: node src/cli/write-docs.ts */
import { writeFileSync } from "node:fs";
import { Cli } from "./cli.ts";
import { docsPage } from "./docs-page.ts";
import { buildProgram } from "./program.ts";

// Commands are only looked at here; none of them runs.
using cli = new Cli({
  options: () => ({}),
  streams: { out: process.stdout, err: process.stderr },
  environment: {},
});
writeFileSync(new URL("../../docs/cli.md", import.meta.url), docsPage(await buildProgram(cli)));
