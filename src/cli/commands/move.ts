/** `ferry move`: moves a VM to another host and shows it happen. */
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { finishWatch } from "../finish-watch.ts";
import { silentView, textView } from "../migration-view.ts";
import { addMoveOptions, type MoveOptions, migrationOptions } from "../move-options.ts";
import { renderReport } from "../render/migration.ts";
import { watchMigration } from "../watch.ts";

const ctrlC = `
While it waits, Ctrl-C asks to cancel the move, which is possible until the guest is stopped for its last modified
pages; a second Ctrl-C leaves the move to itself.`;

export function defineMove(command: Command, cli: Cli): void {
  addMoveOptions(command)
    .option("--detach", "do not wait for the end")
    .addHelpText("after", ctrlC)
    .action(async (vm: string, target: string, options: MoveOptions & { detach?: boolean }) => {
      const body = { vm, target, options: migrationOptions(options) };
      const record = await cli.call("POST /v1/migrations", { body });
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
