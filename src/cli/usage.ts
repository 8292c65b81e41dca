/** A command line that is not understood, as an error like any other: what is wrong, and where to look. Pure. */
import type { Command, CommanderError } from "commander";
import { FerryError } from "../base/errors.ts";

export function explainUsage(
  error: CommanderError,
  program: Command,
  words: readonly string[],
): FerryError {
  const [problem = "", suggestion = ""] = error.message.split("\n");
  const meant = /Did you mean (?:one of )?(.+?)\?/.exec(suggestion)?.[1];
  const help = `ferry ${[...commandPath(program, words), "--help"].join(" ")}`;
  return new FerryError(
    "bad-input",
    `Cannot run this command line: ${problem.replace(/^error: /, "").replaceAll("'", '"')}`.replace(
      /\.$/,
      "",
    ),
    {
      remedy:
        meant === undefined ? `See: ${help}` : `Did you mean ${meant}? Otherwise see: ${help}`,
      cause: error,
    },
  );
}

/** The names of the commands that the words lead to, as far as they do. */
export function commandPath(program: Command, words: readonly string[]): string[] {
  const path: string[] = [];
  let command: Command | undefined = program;
  for (const word of words) {
    const next: Command | undefined = command.commands.find(
      (candidate) => candidate.name() === word || candidate.aliases().includes(word),
    );
    if (next === undefined) continue;
    command = next;
    path.push(next.name());
  }
  return path;
}
