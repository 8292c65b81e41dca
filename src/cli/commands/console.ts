/** `ferry console`: a link that opens the console in a browser, logged in. */
import { type Command, Option } from "commander";
import type { Role } from "../../api/schema/token.ts";
import { formatTime } from "../../base/format.ts";
import type { Cli } from "../cli.ts";

/** Keyed by the type, so that a role added there is missing here at compile time. */
const roles: Readonly<Record<Role, true>> = { viewer: true, operator: true, administrator: true };

export function defineConsole(command: Command, cli: Cli): void {
  command
    .option("--name <name>", "who will use it: records of moves name them (console)")
    .addOption(
      new Option("--role <role>", "what it allows (administrator)").choices(Object.keys(roles)),
    )
    .addHelpText(
      "after",
      "\nThe link logs one browser in, once. Browsers trust the page when they know the domain's\ncertificate: ferry domain certificate --pem",
    )
    .action(async ({ name, role }: { name?: string; role?: Role }) => {
      const body = { ...(name && { name }), ...(role && { role }) };
      const link = await cli.call("POST /v1/session/links", { body });
      cli.output.result(link, () => link.url);
      cli.output.note(`Good for one login as ${link.role}, until ${formatTime(link.expiresAt)}`);
    });
}
