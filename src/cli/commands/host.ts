/** `ferry host`: the hosts of the domain. */
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { confirm } from "../confirm.ts";
import { readSecret } from "../read-secret.ts";
import { hostVersions } from "../host-versions.ts";
import { renderBaseline } from "../render/cpu.ts";
import { renderHostVersions } from "../render/host-versions.ts";
import { warnUnreachable } from "../unreachable.ts";
import { renderHost, renderHostList } from "../render/host.ts";
import { defineHostDrain } from "./host-drain.ts";
import { defineHostShutdown } from "./host-shutdown.ts";
import { defineHostSettings } from "./host-settings.ts";

export function defineHost(command: Command, cli: Cli): void {
  command
    .command("list")
    .description("list the hosts of the domain and whether they answer")
    .action(async () => {
      const list = await cli.call("GET /v1/hosts");
      cli.output.result(list, () => renderHostList(list.hosts, cli.output.style));
    });
  command
    .command("show")
    .description("show what a host is and has")
    .argument("[host]", "its name (this one)")
    .action(async (name: string | undefined) => {
      const host = await cli.call("GET /v1/host", { host: name ?? cli.host });
      cli.output.result(host, () => renderHost(host));
    });
  command
    .command("baseline")
    .description("show the greatest CPU model that all the hosts can give their guests")
    .argument("[hosts...]", "their names (all of the domain)")
    .action(async (hosts: string[]) => {
      const query = hosts.length === 0 ? {} : { hosts: hosts.join(",") };
      const baseline = await cli.call("GET /v1/hosts/baseline", { query });
      cli.output.result(baseline, () => renderBaseline(baseline, cli.output.style));
    });
  command
    .command("versions")
    .description("show which versions each host supports, and what all of them have in common")
    .action(async () => {
      const versions = await hostVersions(cli);
      cli.output.result(versions, () => renderHostVersions(versions, cli.output.style));
      warnUnreachable(cli, versions.unreachable);
    });
  defineHostSettings(command, cli);
  defineHostDrain(command, cli);
  defineHostShutdown(command, cli);
  command
    .command("join")
    .description("make this host a member of the domain that the token invites to")
    .argument("[token]", "from `ferry domain token`; read from standard input when not given")
    .addHelpText(
      "after",
      "\nOther users of this machine can see arguments; what is read from standard input they can't.",
    )
    .action(async (given: string | undefined) => {
      const token = given ?? (await readSecret("join token"));
      const answer = await cli.call("POST /v1/domain/join", { body: { token } });
      cli.output.result(answer, () => {
        return `${answer.domain?.host.name} is a host of domain ${answer.domain?.name}`;
      });
    });
  command
    .command("expel")
    .description("take a host out of the domain for good: no other host talks to it again")
    .argument("<host>", "its name")
    .option("--yes", "do not ask")
    .action(async (host: string, { yes }: { yes?: boolean }) => {
      await confirm({
        consequence: `Host "${host}" leaves the domain; its VMs run on, but no move goes there or comes from there`,
        action: `expel host "${host}"`,
        yes,
      });
      await cli.call("DELETE /v1/hosts/{host}", { params: { host } });
      cli.output.result({}, () => `Host ${host} is expelled`);
    });
}
