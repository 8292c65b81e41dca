/**
 * What may come next on a command line. Pure: answers from the tree of commands, and says where names have to be asked
 * of an agent. The name of an argument or of an option's value says what it takes, so that a new command is completed
 * without a word here.
 */
import type { Command, Option } from "commander";

/** Things whose names an agent knows. */
export const namedThings = [
  "vm",
  "host",
  "pool",
  "switch",
  "secret",
  "token",
  "migration",
  "domain",
] as const;
export type NamedThing = (typeof namedThings)[number];

export type Completion =
  | { readonly kind: "words"; readonly words: readonly string[] }
  | { readonly kind: "names"; readonly of: NamedThing }
  | { readonly kind: "files" };

const fileNames = ["file", "path"];

/** `words` follow the program's name; the last one is being typed and may be empty. */
export function completeWords(program: Command, words: readonly string[]): Completion {
  const typing = words.at(-1) ?? "";
  let command = program;
  let position = 0;
  let expecting: Option | undefined;
  for (const word of words.slice(0, -1)) {
    if (expecting !== undefined) {
      expecting = undefined;
    } else if (word.startsWith("-")) {
      const option = optionsOf(command).find(({ long, short }) => long === word || short === word);
      if (option?.required === true) expecting = option;
    } else {
      const next = command.commands.find((candidate) => candidate.name() === word);
      if (next === undefined) position += 1;
      else {
        command = next;
        position = 0;
      }
    }
  }
  if (expecting !== undefined) return valueOf(expecting);
  if (typing.startsWith("-")) return flagsOf(command);
  return operandOf(command, position);
}

function operandOf(command: Command, position: number): Completion {
  if (command.commands.length > 0) {
    const visible = command.createHelp().visibleCommands(command);
    return { kind: "words", words: position === 0 ? visible.map((next) => next.name()) : [] };
  }
  const given = command.registeredArguments;
  const argument = given[position] ?? (given.at(-1)?.variadic === true ? given.at(-1) : undefined);
  if (argument === undefined) return { kind: "words", words: [] };
  return named(argument.name(), argument.argChoices);
}

function valueOf(option: Option): Completion {
  const name = /<([^>,]+)/.exec(option.flags)?.[1] ?? "";
  return named(name, option.argChoices);
}

function named(name: string, choices: readonly string[] | undefined): Completion {
  if (choices !== undefined) return { kind: "words", words: choices };
  if (fileNames.includes(name)) return { kind: "files" };
  const thing = namedThings.find((candidate) => candidate === name);
  return thing === undefined ? { kind: "words", words: [] } : { kind: "names", of: thing };
}

function flagsOf(command: Command): Completion {
  const flags = optionsOf(command).flatMap(({ long }) => (long ? [long] : []));
  return { kind: "words", words: [...flags, "--help"] };
}

/** Options are understood wherever they stand, those of the commands above included. */
function optionsOf(command: Command): Option[] {
  const inherited = command.parent === null ? [] : optionsOf(command.parent);
  return [...command.options, ...inherited].filter(({ hidden }) => !hidden);
}
