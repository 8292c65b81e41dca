/** Runs one command line and gives the exit code: 0, or what the table of src/base/errors.ts says of the error. */
import { CommanderError } from "commander";
import { FerryError } from "../base/errors.ts";
import { Cli, type GlobalOptions } from "./cli.ts";
import type { Streams } from "./output.ts";
import { buildProgram } from "./program.ts";
import { explainUsage } from "./usage.ts";

/** What people try first on any program. */
const versionFlags = ["--version", "-V"];

/** `given` are the arguments after the program's name. */
export async function run(
  given: readonly string[],
  streams: Streams,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const words = versionFlags.includes(given[0] ?? "") ? ["version", ...given.slice(1)] : given;
  // Also before anything is parsed, and when parsing fails: an error has to know how to be printed.
  let options: GlobalOptions = { json: words.includes("--json") };
  using cli = new Cli({ options: () => options, streams, environment });
  const program = await buildProgram(cli, words);
  program.hook("preAction", () => {
    options = program.opts<GlobalOptions>();
  });
  try {
    if (words.length === 0) program.outputHelp();
    else await program.parseAsync([...words], { from: "user" });
    return cli.exitCode;
  } catch (error) {
    if (error instanceof CommanderError && /^commander\.(help|version)/.test(error.code)) return 0;
    if (error instanceof CommanderError)
      return cli.output.error(explainUsage(error, program, words));
    return cli.output.error(FerryError.from(error));
  }
}
