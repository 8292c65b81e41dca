/** `ferry token`: what scripts and people on other machines show, each with a role. */
import { type Command, Option } from "commander";
import type { Role, Token } from "../../api/schema/token.ts";
import { formatTime } from "../../base/format.ts";
import type { Cli } from "../cli.ts";
import { confirm } from "../confirm.ts";
import { parseDuration } from "../quantities.ts";
import { type Column, renderTable } from "../table.ts";

/** Keyed by the type, so that a role added there is missing here at compile time. */
const roles: Readonly<Record<Role, true>> = { viewer: true, operator: true, administrator: true };

const columns: readonly Column<Token>[] = [
  { title: "token", text: ({ name }) => name },
  { title: "role", text: ({ role }) => role },
  { title: "created", text: ({ createdAt }) => formatTime(createdAt) },
  {
    title: "expires",
    text: ({ expiresAt }) => (expiresAt === null ? "never" : formatTime(expiresAt)),
  },
  { title: "id", text: ({ id }) => id },
];

export function defineToken(command: Command, cli: Cli): void {
  command
    .command("list")
    .description("list the tokens of a host; their secrets are shown only once, at creation")
    .action(async () => {
      const list = await cli.call("GET /v1/tokens");
      cli.output.result(list, () => renderTable(columns, list.tokens, cli.output.style));
    });
  command
    .command("create")
    .description("create a token and print its secret")
    .argument("<name>", "who or what uses it")
    .addOption(
      new Option("--role <role>", "what it allows")
        .choices(Object.keys(roles))
        .makeOptionMandatory(),
    )
    .option(
      "--valid <duration>",
      "how long it is valid, such as 30d (until deleted)",
      parseDuration,
    )
    .action(async (name: string, { role, valid }: { role: Role; valid?: number }) => {
      const body = { name, role, ...(valid !== undefined && { validMs: valid }) };
      const created = await cli.call("POST /v1/tokens", { body });
      cli.output.result(created, () => created.secret);
      cli.output.note(
        "Keep it now: it is not shown again. Use it in FERRY_TOKEN or a file with mode 0600",
      );
    });
  command
    .command("delete")
    .description("delete a token: who uses it is refused from now on")
    .argument("<token>", "its name or id")
    .option("--yes", "do not ask")
    .action(async (token: string, { yes }: { yes?: boolean }) => {
      const consequence = `Who uses token "${token}" is refused from now on`;
      await confirm({ consequence, action: `delete token "${token}"`, yes });
      await cli.call("DELETE /v1/tokens/{id}", { params: { id: token } });
      cli.output.result({}, () => `Token ${token} is deleted`);
    });
}
