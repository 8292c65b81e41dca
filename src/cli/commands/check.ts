/** `ferry check`: what would stop a move, all of it at once, before anything is done. */
import type { Command } from "commander";
import { errorCodes, FerryError } from "../../base/errors.ts";
import type { Cli } from "../cli.ts";
import { addMoveOptions, type MoveOptions, migrationOptions } from "../move-options.ts";
import { renderCheck, renderCheckList } from "../render/check.ts";

type CheckChoices = MoveOptions & { readonly list?: boolean };

export function defineCheck(command: Command, cli: Cli): void {
  command.argument("[vm]", "name or id").argument("[host]", "name of the target host");
  addMoveOptions(command)
    .option("--list", "what is checked, and what mends it; checks nothing")
    .addHelpText(
      "after",
      `\nExit code ${errorCodes["precheck-failed"].exit} when the move is not possible.`,
    )
    .action(async (vm: string | undefined, target: string | undefined, choices: CheckChoices) => {
      if (choices.list === true) return await list(cli);
      if (vm === undefined || target === undefined) throw incomplete();
      const body = { vm, target, options: migrationOptions(choices) };
      const report = await cli.call("POST /v1/checks", { body });
      cli.output.result(report, () => renderCheck(report, cli.output.style));
      // The answer is complete, so this is no error; scripts still need to tell yes from no.
      if (!report.possible) cli.exitCode = errorCodes["precheck-failed"].exit;
    });
}

async function list(cli: Cli): Promise<void> {
  const answer = await cli.call("GET /v1/checks");
  cli.output.result(answer, () => renderCheckList(answer.checks, cli.output.style));
}

function incomplete(): FerryError {
  return new FerryError("bad-input", "Cannot check without a VM and a target host", {
    remedy: "Name both: ferry check web01 host-b",
  });
}
