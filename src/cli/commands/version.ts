/** `ferry version`: of this program; `ferry host show` says the agent's. */
import type { Command } from "commander";
import { ferryVersion } from "../../base/ferry-version.ts";
import type { Cli } from "../cli.ts";

export function defineVersion(command: Command, cli: Cli): void {
  command.action(() => {
    const version = ferryVersion();
    cli.output.result({ version }, () => `ferry ${version}`);
  });
}
