/**
 * The tree of commands. A command's file is loaded only when its name stands on the command line, since reading all
 * of them would cost more time than most commands take; the others are there by name, for help and for suggestions.
 */
import { Command } from "commander";
import type { Cli } from "./cli.ts";

/** Gives a command its arguments, options, sub-commands and action. */
export type Define = (command: Command, cli: Cli) => void;

interface Entry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<Define>;
  readonly hidden?: boolean;
}

const entries: readonly Entry[] = [
  {
    name: "vm",
    summary: "create, change, start, stop and list VMs",
    load: async () => (await import("./commands/vm.ts")).defineVm,
  },
  {
    name: "check",
    summary: "say everything that would stop a move, before it",
    load: async () => (await import("./commands/check.ts")).defineCheck,
  },
  {
    name: "move",
    summary: "move a running VM to another host",
    load: async () => (await import("./commands/move.ts")).defineMove,
  },
  {
    name: "migration",
    summary: "follow, cancel and look back at moves",
    load: async () => (await import("./commands/migration.ts")).defineMigration,
  },
  {
    name: "host",
    summary: "show the hosts of the domain, join one, expel one",
    load: async () => (await import("./commands/host.ts")).defineHost,
  },
  {
    name: "domain",
    summary: "create a domain of hosts, invite hosts, trust other domains",
    load: async () => (await import("./commands/domain.ts")).defineDomain,
  },
  {
    name: "cluster",
    summary: "hosts that keep each other's VMs running",
    load: async () => (await import("./commands/cluster.ts")).defineCluster,
  },
  {
    name: "pool",
    summary: "directories where disks live",
    load: async () => (await import("./commands/pool.ts")).definePool,
  },
  {
    name: "switch",
    summary: "virtual switches that network adapters are plugged into",
    load: async () => (await import("./commands/switch.ts")).defineSwitch,
  },
  {
    name: "secret",
    summary: "what storage asks before it gives a LUN",
    load: async () => (await import("./commands/secret.ts")).defineSecret,
  },
  {
    name: "token",
    summary: "tokens for scripts and for people on other machines",
    load: async () => (await import("./commands/token.ts")).defineToken,
  },
  {
    name: "console",
    summary: "print a link that opens the console in a browser, logged in",
    load: async () => (await import("./commands/console.ts")).defineConsole,
  },
  {
    name: "events",
    summary: "follow what happens on a host",
    load: async () => (await import("./commands/events.ts")).defineEvents,
  },
  {
    name: "fault",
    summary: "rehearse failures of a move, where the configuration allows it",
    load: async () => (await import("./commands/fault.ts")).defineFault,
  },
  {
    name: "completion",
    summary: "print the script that completes words in your shell",
    load: async () => (await import("./commands/completion.ts")).defineCompletion,
  },
  {
    name: "complete-words",
    summary: "what the completion script asks",
    load: async () => (await import("./commands/completion.ts")).defineCompleteWords,
    hidden: true,
  },
  {
    name: "version",
    summary: "print the version of this program",
    load: async () => (await import("./commands/version.ts")).defineVersion,
  },
];

/** The tree with those commands in full whose names are among `words`; without `words`, all of them. */
export async function buildProgram(cli: Cli, words?: readonly string[]): Promise<Command> {
  const program = new Command("ferry")
    .description("Moves running virtual machines between Linux hosts.")
    .option("--json", "print one JSON document (watches: one a line)")
    .option("--host <host>", "the host that the command is for, when it is not this one")
    .option("--socket <path>", "the agent's unix socket (FERRY_SOCKET; /run/ferry/ferryd.sock)")
    .option(
      "--server <url>",
      "an agent on another machine (FERRY_SERVER), such as https://host-a:6600",
    )
    .option("--ca <file>", "the domain's certificate (~/.config/ferry/ca.pem)")
    .option("--token-file <file>", "the token for --server (FERRY_TOKEN; ~/.config/ferry/token)")
    .exitOverride()
    .configureOutput({
      // Help that follows a missing sub-command is what was asked for; errors are thrown, and printed in run.ts.
      writeOut: (text) => cli.output.raw(text),
      writeErr: (text) => cli.output.raw(text),
      outputError: () => {},
    })
    .configureHelp({ showGlobalOptions: true, subcommandTerm: (command) => termOf(command) })
    .helpCommand("help [command]", "show what a command does and takes");
  for (const { name, summary, load, hidden } of entries) {
    const command = program
      .command(name, { hidden: hidden === true })
      .description(summary)
      .helpCommand(false);
    if (words === undefined || words.includes(name)) (await load())(command, cli);
  }
  return program;
}

/** In lists of commands: top-level ones by name, since the arguments of those not loaded are not known. */
function termOf(command: Command): string {
  const isTopLevel = command.parent === null || command.parent.parent === null;
  if (isTopLevel) return command.name();
  const given = command.registeredArguments.map((argument) => {
    const word = `${argument.name()}${argument.variadic ? "..." : ""}`;
    return argument.required ? `<${word}>` : `[${word}]`;
  });
  return [command.name(), ...given].join(" ");
}
