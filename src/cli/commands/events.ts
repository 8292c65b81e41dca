/** `ferry events`: what happens on a host, or in the whole domain, as it happens. */
import type { Command } from "commander";
import { FerryError } from "../../base/errors.ts";
import type { Cli } from "../cli.ts";
import { renderEvent } from "../render/event.ts";

interface EventsOptions {
  readonly after?: string;
  readonly domain?: boolean;
  readonly progress?: boolean;
}

export function defineEvents(command: Command, cli: Cli): void {
  command
    .option("--after <id>", "replay first what happened after this event; 0 for all that is kept")
    .option("--domain", "of every host of the domain; nothing can be replayed then")
    .option("--progress", "also the progress of moves, several times a second")
    .addHelpText("after", "\nEnds with Ctrl-C. A broken connection goes on where it stopped.")
    .action(async ({ after, domain, progress }: EventsOptions) => {
      if (domain === true && (after !== undefined || cli.host !== undefined)) throw oneOf();
      const client = await cli.connect();
      const stop = new AbortController();
      process.once("SIGINT", () => stop.abort());
      const events = client.events({
        signal: stop.signal,
        host: cli.host,
        scope: domain === true ? "domain" : undefined,
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

function oneOf(): FerryError {
  return new FerryError(
    "bad-input",
    "Cannot follow the whole domain's events from one event of one host on",
    { remedy: "Give --domain alone, or --host and --after without it" },
  );
}
