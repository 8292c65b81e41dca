/** docs/cli.md out of the tree of commands and the table of errors, so that it says what the program does. Pure. */
import type { Argument, Command, Option } from "commander";
import { errorCodes } from "../base/errors.ts";

const introduction = `# The command line

<!-- Made by src/cli/write-docs.ts from the commands: change them there. -->

\`ferry\` talks to the agent of the machine it runs on, over the agent's unix socket, and through it to every host of the
domain: \`ferry move web01 host-b\` works on any of them. \`--host\` names the host that a command is for, where it matters.

## From another machine

1. On a host of the domain: \`ferry domain certificate --pem\`, and \`ferry token create NAME --role operator\`.
2. On the other machine: save the certificate as \`~/.config/ferry/ca.pem\` and the token, with mode 0600, as
   \`~/.config/ferry/token\`.
3. \`ferry --server host-a vm list\`; or set \`FERRY_SERVER\`.

A token is never an argument, since every user of a machine can see arguments: it comes from \`FERRY_TOKEN\` or from a
file that only its owner can read.

## What it takes

- Sizes have a binary unit: \`512M\`, \`4G\`, \`20GiB\` (1G is 1024M).
- Bandwidth is bytes, \`100M\` or \`1GiB/s\`, or bits, \`800Mbit\` or \`1Gbit/s\` (1Gbit is 1000Mbit).
- Durations have a unit: \`50ms\`, \`1.5s\`, \`10m\`, \`2h\`, \`30d\`.
- What can't be taken back is asked for on a terminal; scripts give \`--yes\`.

## What it gives

Results go to standard output; errors go to standard error, as \`error:\` and what to do about it as \`remedy:\`. With
\`--json\`, standard output carries exactly one JSON document: the API's answer, \`{}\` where it has none, or
\`{"error": {"code", "message", "remedy", "details"}}\`. \`migration watch\` and \`events\` write one document a line.
\`NO_COLOR\` turns colours off.

`;

export function docsPage(program: Command): string {
  const visible = program.commands.filter((command) =>
    program.createHelp().visibleCommands(program).includes(command),
  );
  return [
    introduction,
    exitCodes(),
    "## Options of every command\n\n",
    optionList(program.options),
    ...visible.map((command) => section(command, [command.name()])),
  ].join("");
}

function exitCodes(): string {
  const byExit = new Map<number, string[]>();
  for (const [code, { exit }] of Object.entries(errorCodes)) {
    byExit.set(exit, [...(byExit.get(exit) ?? []), `\`${code}\``]);
  }
  const rows = [...byExit]
    .sort(([a], [b]) => a - b)
    .map(([exit, codes]) => `| ${exit} | ${codes.join(", ")} |\n`);
  return [
    "## Exit codes\n\n| code | cause |\n| --- | --- |\n| 0 | done |\n",
    ...rows,
    "| 130 | Ctrl-C: a watch was left, what it watched goes on |\n\n",
    "`check` also ends with 6 when the move is not possible, and `move` and `migration watch` with 7, 8 or 9 when the move was\n",
    "cancelled, failed, or is not decided.\n\n",
  ].join("");
}

function section(command: Command, path: readonly string[]): string {
  const level = path.length === 1 ? "##" : "###";
  const description = sentence(command.description());
  const title = `\n${level} ferry ${path.join(" ")}\n\n${description}\n`;
  if (command.commands.length === 0) return title + usage(command, path);
  return title + command.commands.map((next) => section(next, [...path, next.name()])).join("");
}

function usage(command: Command, path: readonly string[]): string {
  const words = command.registeredArguments.map((argument) => bracketed(argument));
  const options = command.options.length > 0 ? ["[options]"] : [];
  const line = ["ferry", ...path, ...words, ...options].join(" ");
  const given = command.registeredArguments.map(
    (argument) =>
      `- \`${bracketed(argument)}\`: ${argument.description}${choices(argument.argChoices)}\n`,
  );
  const list = given.join("") + optionList(command.options);
  return `\n\`\`\`\n${line}\n\`\`\`\n${list === "" ? "" : `\n${list}`}`;
}

function optionList(options: readonly Option[]): string {
  return options
    .filter(({ hidden }) => !hidden)
    .map((option) => `- \`${option.flags}\`: ${option.description}${choices(option.argChoices)}\n`)
    .join("");
}

function bracketed(argument: Argument): string {
  const word = `${argument.name()}${argument.variadic ? "..." : ""}`;
  return argument.required ? `<${word}>` : `[${word}]`;
}

function choices(words: readonly string[] | undefined): string {
  return words === undefined ? "" : `: ${words.map((word) => `\`${word}\``).join(", ")}`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
