/** `ferry check`: what would stop a move, all of it at once, before anything is done. */
import type { Command } from "commander";
import type { CheckRequest } from "../../api/schema/check.ts";
import { errorCodes, FerryError } from "../../base/errors.ts";
import type { Cli } from "../cli.ts";
import { keepReport, readReport, refuseOther } from "../kept-report.ts";
import { addMoveOptions, type MoveOptions, migrationOptions } from "../move-options.ts";
import { renderCheck, renderCheckList } from "../render/check.ts";

type CheckChoices = MoveOptions & {
  readonly list?: boolean;
  readonly save?: string;
  readonly again?: string;
};

export function defineCheck(command: Command, cli: Cli): void {
  command.argument("[vm]", "name or id").argument("[host]", "name of the target host");
  addMoveOptions(command)
    .option("--list", "what is checked, and what mends it; checks nothing")
    .option("--save <file>", "keep the report, for --again and for ferry move --report")
    .option("--again <file>", "check what a kept report is about again, and show what changed")
    .addHelpText(
      "after",
      `\nExit code ${errorCodes["precheck-failed"].exit} when the move is not possible.`,
    )
    .action(async (vm: string | undefined, target: string | undefined, choices: CheckChoices) => {
      if (choices.list === true) return await list(cli);
      const body = await whatToCheck(vm, target, choices);
      const report = await cli.call("POST /v1/checks", { body });
      if (choices.save !== undefined) await keepReport(choices.save, report);
      cli.output.result(report, () => renderCheck(report, cli.output.style));
      // The answer is complete, so this is no error; scripts still need to tell yes from no.
      if (!report.possible) cli.exitCode = errorCodes["precheck-failed"].exit;
    });
}

async function whatToCheck(
  vm: string | undefined,
  target: string | undefined,
  choices: CheckChoices,
): Promise<CheckRequest> {
  const options = migrationOptions(choices);
  if (choices.again !== undefined) {
    const previous = await readReport(choices.again);
    refuseOther(choices.again, previous, vm, target);
    const both = { ...previous.options, ...options };
    return { vm: previous.vm.name, target: previous.target, options: both, previous };
  }
  if (vm !== undefined && target !== undefined) return { vm, target, options };
  throw new FerryError("bad-input", "Cannot check without a VM and a target host", {
    remedy: "Name both, as in ferry check web01 host-b, or a kept report: --again FILE",
  });
}

async function list(cli: Cli): Promise<void> {
  const answer = await cli.call("GET /v1/checks");
  cli.output.result(answer, () => renderCheckList(answer.checks, cli.output.style));
}
