/** `ferry check`: what would stop a move, all of it at once, before anything is done. */
import type { Command } from "commander";
import { errorCodes } from "../../base/errors.ts";
import type { Cli } from "../cli.ts";
import { addMoveOptions, type MoveOptions, migrationOptions } from "../move-options.ts";
import { renderCheck } from "../render/check.ts";

export function defineCheck(command: Command, cli: Cli): void {
  addMoveOptions(command)
    .addHelpText(
      "after",
      `\nExit code ${errorCodes["precheck-failed"].exit} when the move is not possible.`,
    )
    .action(async (vm: string, target: string, options: MoveOptions) => {
      const body = { vm, target, options: migrationOptions(options) };
      const report = await cli.call("POST /v1/checks", { body });
      cli.output.result(report, () => renderCheck(report, cli.output.style));
      // The answer is complete, so this is no error; scripts still need to tell yes from no.
      if (!report.possible) cli.exitCode = errorCodes["precheck-failed"].exit;
    });
}
