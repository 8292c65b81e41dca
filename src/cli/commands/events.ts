/** `ferry events`: what happens on a host, as it happens. */
import type { Command } from "commander";
import type { FerryEvent } from "../../api/schema/event.ts";
import { formatTime } from "../../base/format.ts";
import type { Cli } from "../cli.ts";
import { printableLine } from "../printable.ts";

/** Enough of an event's facts to know it by; all of them are there with --json. */
const factsLengthMax = 120;

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
          cli.output.item(event, () => eventLine(event));
        }
      } catch (error) {
        if (!stop.signal.aborted) throw error;
      }
    });
}

function eventLine({ at, type, subject, data }: FerryEvent): string {
  const facts = briefly(data);
  const text = facts.length > factsLengthMax ? `${facts.slice(0, factsLengthMax)}...` : facts;
  return printableLine(`${formatTime(at)}  ${type}  ${subject}  ${text}`.trimEnd());
}

/** The facts that are words and numbers: `name web01, state running`. */
function briefly(data: unknown): string {
  if (typeof data !== "object" || data === null) return "";
  return Object.entries(data)
    .filter(
      ([name, value]) => name !== "id" && ["string", "number", "boolean"].includes(typeof value),
    )
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}
