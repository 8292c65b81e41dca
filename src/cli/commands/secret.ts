/** `ferry secret`: CHAP users and passwords of storage, by the names that LUNs of VMs use. */
import type { Command } from "commander";
import type { Secret } from "../../api/schema/secret.ts";
import type { Cli } from "../cli.ts";
import { confirm } from "../confirm.ts";
import { readSecret } from "../read-secret.ts";
import { type Column, renderTable } from "../table.ts";

const columns: readonly Column<Secret>[] = [
  { title: "secret", text: ({ name }) => name },
  { title: "user", text: ({ user }) => user },
];

export function defineSecret(command: Command, cli: Cli): void {
  command
    .command("list")
    .description("list the secrets of a host; their passwords are never shown")
    .action(async () => {
      const list = await cli.call("GET /v1/secrets");
      cli.output.result(list, () => renderTable(columns, list.secrets, cli.output.style));
    });
  command
    .command("set")
    .description(
      "tell a host a CHAP user and password; the password is asked for, or read from standard input",
    )
    .argument("<secret>", "its name; where VMs shall move, the same on every host")
    .requiredOption("--user <user>", "the CHAP user")
    .action(async (name: string, { user }: { user: string }) => {
      const password = await readSecret("password");
      const body = { user, password };
      const secret = await cli.call("PUT /v1/secrets/{secret}", { params: { secret: name }, body });
      cli.output.result(secret, () => `Secret ${secret.name} is user ${secret.user}`);
    });
  command
    .command("delete")
    .description("forget a secret that no VM needs")
    .argument("<secret>", "its name")
    .option("--yes", "do not ask")
    .action(async (name: string, { yes }: { yes?: boolean }) => {
      const consequence = `Secret "${name}" is forgotten`;
      await confirm({ consequence, action: `delete secret "${name}"`, yes });
      await cli.call("DELETE /v1/secrets/{secret}", { params: { secret: name } });
      cli.output.result({}, () => consequence);
    });
}
