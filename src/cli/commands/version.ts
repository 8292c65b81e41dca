/** `ferry version`: of this program; `ferry host show` says the agent's. */
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";

export function defineVersion(command: Command, cli: Cli): void {
  command.action(() => {
    const file = new URL("../../../package.json", import.meta.url);
    const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
    cli.output.result({ version }, () => `ferry ${version}`);
  });
}
