/** `ferry move`: moves a VM to another host and shows it happen. */
import type { Command } from "commander";
import type { MigrationCreate } from "../../api/schema/migration.ts";
import { FerryError } from "../../base/errors.ts";
import type { MigrationRecord } from "../../migration/record.ts";
import type { Cli } from "../cli.ts";
import { confirm } from "../confirm.ts";
import { finishWatch } from "../finish-watch.ts";
import { silentView, textView } from "../migration-view.ts";
import { addMoveOptions, type MoveOptions, migrationOptions } from "../move-options.ts";
import { readReport, refuseOther } from "../kept-report.ts";
import { renderReport } from "../render/migration.ts";
import { watchMigration } from "../watch.ts";

type MoveChoices = MoveOptions & {
  readonly detach?: boolean;
  readonly yes?: boolean;
  readonly report?: string;
  readonly best?: boolean;
};

const ctrlC = `
While it waits, Ctrl-C asks to cancel the move, which is possible until the guest is stopped for its last modified
pages; a second Ctrl-C leaves the move to itself.`;

export function defineMove(command: Command, cli: Cli): void {
  command.argument("[vm]", "name or id").argument("[host]", "name of the target host");
  addMoveOptions(command)
    .option("--report <file>", "move as a kept report says (ferry check --save), if it still holds")
    .option("--best", "propose the host of the cluster with the most room for it, and ask")
    .option("--detach", "do not wait for the end")
    .option("--yes", "copy disks that the target does not reach without asking")
    .addHelpText("after", ctrlC)
    .action(async (vm: string | undefined, target: string | undefined, options: MoveChoices) => {
      const best = options.best === true ? await bestHost(cli, vm, target, options.yes) : target;
      const body = await whatToMove(vm, best, options);
      const record = await requestMove(cli, body, options.yes);
      if (options.detach === true) {
        const hint = `Follow it with: ferry migration watch ${record.id}`;
        cli.output.result(record, () => `${renderReport(record)}\n${hint}`);
        return;
      }
      const view = cli.output.json ? silentView : textView(cli.output, process.env);
      const watched = await watchMigration(cli, record, { onInterrupt: "cancel", view });
      finishWatch(cli, watched);
    });
}

/** The one who moves names the target: what is proposed counts when they say yes. */
async function bestHost(
  cli: Cli,
  vm: string | undefined,
  target: string | undefined,
  yes: boolean | undefined,
): Promise<string> {
  if (vm === undefined || target !== undefined) {
    throw new FerryError("bad-input", "Cannot propose a host: --best wants a VM and no host", {
      remedy: "ferry move VM --best",
    });
  }
  const { from, to, reason } = await cli.call("GET /v1/vms/{vm}/best-host", { params: { vm } });
  if (to === null) {
    throw new FerryError("not-found", `Cannot propose a host for VM "${vm}": ${reason}`, {
      remedy: "Make room, or change its policy: ferry vm cluster",
    });
  }
  await confirm({
    consequence: `VM "${vm}" moves from "${from}" to "${to}": ${reason}`,
    action: "move it there",
    yes,
  });
  return to;
}

async function whatToMove(
  vm: string | undefined,
  target: string | undefined,
  choices: MoveChoices,
): Promise<MigrationCreate> {
  const options = migrationOptions(choices);
  if (choices.report !== undefined) {
    const report = await readReport(choices.report);
    refuseOther(choices.report, report, vm, target);
    // What is said now goes before what was said then.
    const both = { ...report.options, ...options };
    return { vm: report.vm.name, target: report.target, options: both, report };
  }
  if (vm !== undefined && target !== undefined) return { vm, target, options };
  throw new FerryError("bad-input", "Cannot move without a VM and a target host", {
    remedy: "Name both, as in ferry move web01 host-b, or give a report: --report FILE",
  });
}

/** Asks for the move; where it would take disks along and nobody said so, asks the person first. */
async function requestMove(
  cli: Cli,
  body: MigrationCreate,
  yes: boolean | undefined,
): Promise<MigrationRecord> {
  try {
    return await cli.call("POST /v1/migrations", { body });
  } catch (error) {
    if (!(error instanceof FerryError) || error.code !== "consent-needed") throw error;
    const action = `move VM "${body.vm}" with its disks`;
    await confirm({ consequence: error.message, action, yes });
    const options = { ...body.options, withStorage: true };
    return cli.call("POST /v1/migrations", { body: { ...body, options } });
  }
}
