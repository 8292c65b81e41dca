/** `ferry completion`: the shell's part; and `complete-words`, ours, which the shell asks at every press of Tab. */
import { Argument, type Command } from "commander";
import type { Cli } from "../cli.ts";
import { completeWords, type NamedThing } from "../completion.ts";
import { completionScripts, filesAnswer, type Shell } from "../completion-scripts.ts";

/** Whoever pressed Tab does not wait longer for names. */
const namesTimeoutMs = 1_000;
/** More names than this are no help to anybody. */
const namesMax = 500;

export function defineCompletion(command: Command, cli: Cli): void {
  command
    .addArgument(new Argument("<shell>", "which one").choices(Object.keys(completionScripts)))
    .addHelpText("after", "\nbash: put `source <(ferry completion bash)` into ~/.bashrc.")
    .action((shell: Shell) => cli.output.raw(completionScripts[shell]));
}

export function defineCompleteWords(command: Command, cli: Cli): void {
  command.argument("[words...]").action(async (words: string[]) => {
    const program = command.parent ?? command;
    // So that --server, --host and the like on the line being typed decide whom to ask.
    program.parseOptions(words);
    const completion = completeWords(program, words);
    if (completion.kind === "files") cli.output.raw(`${filesAnswer}\n`);
    else {
      const all = completion.kind === "words" ? completion.words : await names(cli, completion.of);
      const matching = all.filter((word) => word.startsWith(words.at(-1) ?? ""));
      cli.output.raw(matching.map((word) => `${word}\n`).join(""));
    }
  });
}

/** No names, rather than an error, where no agent answers: a shell has no place to show one. */
async function names(cli: Cli, thing: NamedThing): Promise<string[]> {
  try {
    return (await askNames(cli, thing)).slice(0, namesMax);
  } catch {
    return [];
  }
}

async function askNames(cli: Cli, thing: NamedThing): Promise<string[]> {
  const timeoutMs = namesTimeoutMs;
  switch (thing) {
    case "vm": {
      const { vms } = await cli.call("GET /v1/vms", { query: { scope: "domain" }, timeoutMs });
      return vms.map(({ name }) => name);
    }
    case "host": {
      const { hosts } = await cli.call("GET /v1/hosts", { timeoutMs });
      return hosts.filter(({ expelled }) => !expelled).map(({ name }) => name);
    }
    case "pool":
      return (await cli.call("GET /v1/pools", { timeoutMs })).pools.map(({ name }) => name);
    case "secret":
      return (await cli.call("GET /v1/secrets", { timeoutMs })).secrets.map(({ name }) => name);
    case "switch":
      return (await cli.call("GET /v1/switches", { timeoutMs })).switches.map(({ name }) => name);
    case "token":
      return (await cli.call("GET /v1/tokens", { timeoutMs })).tokens.map(({ name }) => name);
    case "domain":
      return (await cli.call("GET /v1/domain/trusts", { timeoutMs })).trusts.map(
        ({ name }) => name,
      );
    case "migration": {
      const query = { scope: "domain", limit: 20 } as const;
      const { migrations } = await cli.call("GET /v1/migrations", { query, timeoutMs });
      return [...new Set(migrations.flatMap(({ id, vm }) => [vm.name, id]))];
    }
  }
}
