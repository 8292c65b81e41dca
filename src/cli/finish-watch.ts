/** The end of a watch: the report, the reason when the move did not complete, and the exit code. */
import { errorCodes } from "../base/errors.ts";
import type { Cli } from "./cli.ts";
import { outcomeError } from "./outcome.ts";
import { renderReport } from "./render/migration.ts";
import type { Watched } from "./watch.ts";

/** What shells give a program that Ctrl-C ended. */
const interruptedExit = 130;

/** `documents`: each change was already written as JSON, the last one included. */
export function finishWatch(cli: Cli, watched: Watched, { documents = false } = {}): void {
  const { record, left } = watched;
  const { output } = cli;
  if (!documents || !output.json) output.result(record, () => renderReport(record));
  if (left) {
    output.line(`The move goes on. Follow it with: ferry migration watch ${record.id}`);
    cli.exitCode = interruptedExit;
    return;
  }
  const error = outcomeError(record);
  if (error === undefined) return;
  // The report has said that it was cancelled: whoever asked for that made no error.
  if (error.code === "cancelled") cli.exitCode = errorCodes.cancelled.exit;
  else cli.exitCode = output.error(error, { answered: true });
}
