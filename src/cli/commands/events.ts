/** `ferry events`: what happens on a host, as it happens. */
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { renderEvent } from "../render/event.ts";

export function defineEvents(command: Command, cli: Cli): void {
  command
    .option("--after <id>", "replay first what happened after this event; 0 for all that is kept")
    .option("--progress", "also the progress of moves, several times a second")
    .addHelpText("after", "\nEnds with Ctrl-C. A broken connection goes on where it stopped.")
    .action(async ({ after, progress }: { after?: string; progress?: boolean }) => {
      const client = await cli.connect();
      const stop = new AbortController();
      process.once("SIGINT", () => stop.abort());
      const events = client.events({
        signal: stop.signal,
        host: cli.host,
        lastEventId: after,
        onReconnect: ({ message }) => cli.output.warning(`${message}; trying again`),
      });
      try {
        for await (const event of events) {
          if (event.type === "migration.progress" && progress !== true) continue;
          cli.output.item(event, () => renderEvent(event));
        }
      } catch (error) {
        if (!stop.signal.aborted) throw error;
      }
    });
}
