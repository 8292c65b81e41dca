/** `ferry cluster fence`, `ferry cluster confirm-dead`: being certain that a host is dead. */
import { type Command, Option } from "commander";
import type { Fence } from "../../api/schema/cluster-parts.ts";
import { FerryError } from "../../base/errors.ts";
import type { Cli } from "../cli.ts";
import { confirm } from "../confirm.ts";
import { readSecret } from "../read-secret.ts";
import { type Column, renderTable } from "../table.ts";

const columns: readonly Column<Fence>[] = [
  { title: "host", text: ({ host }) => host },
  { title: "agent", text: ({ agent }) => agent },
  { title: "action", text: ({ action }) => action },
  {
    title: "options",
    text: ({ options }) =>
      Object.entries(options)
        .map(([name, value]) => `${name}=${value}`)
        .join(" "),
  },
  { title: "trouble", text: ({ trouble }) => trouble ?? "" },
];

interface SetOptions {
  readonly agent: string;
  readonly option?: readonly string[];
  readonly action?: "off" | "reboot";
  readonly password?: boolean;
}

export function defineClusterFence(command: Command, cli: Cli): void {
  const fence = command
    .command("fence")
    .description("switch a silent host's power off before its VMs start elsewhere");
  fence
    .command("list")
    .description("list the hosts' fences; secrets are not shown")
    .action(async () => {
      const list = await cli.call("GET /v1/cluster/fences");
      cli.output.result(list, () => renderTable(columns, list.fences, cli.output.style));
    });
  fence
    .command("set")
    .description("set a host's fence up, one of Debian's fence agents; it is tried first")
    .argument("<host>", "the host that it switches off")
    .requiredOption(
      "--agent <program>",
      "such as fence_ipmilan, as every host of the cluster has it",
    )
    .option(
      "--option <name=value>",
      "of the agent, as its manual page names it; may be repeated",
      collect,
    )
    .option("--password", "ask for the option `password`, or read it from standard input")
    .addOption(
      new Option("--action <action>", "what is done to a silent host (off)").choices([
        "off",
        "reboot",
      ]),
    )
    .action(async (host: string, { agent, option = [], action, password }: SetOptions) => {
      const options = Object.fromEntries(option.map(asPair));
      if (password === true) options["password"] = await readSecret("password");
      const body = { agent, options, ...(action !== undefined && { action }) };
      await cli.call("PUT /v1/cluster/fences/{host}", { params: { host }, body });
      cli.output.result(
        { host, agent },
        () => `${host} is switched off by ${agent} when it is silent`,
      );
    });
  fence
    .command("test")
    .description("ask a host's fence whether the power is on; nothing is switched")
    .argument("<host>", "its name")
    .action(async (host: string) => {
      const answer = await cli.call("POST /v1/cluster/fences/{host}/test", { params: { host } });
      cli.output.result(answer, () => `The power of ${host} is ${answer.isOn ? "on" : "off"}`);
    });
  fence
    .command("remove")
    .description("forget a host's fence: its lease alone counts then")
    .argument("<host>", "its name")
    .option("--yes", "do not ask")
    .action(async (host: string, { yes }: { yes?: boolean }) => {
      const consequence = `When host "${host}" is silent, its lease alone says that it is dead`;
      await confirm({ consequence, action: `remove the fence of host "${host}"`, yes });
      await cli.call("DELETE /v1/cluster/fences/{host}", { params: { host } });
      cli.output.result({}, () => consequence);
    });
  command
    .command("confirm-dead")
    .description("give your word that a silent host is dead: its VMs start elsewhere at once")
    .argument("<host>", "its name")
    .option("--yes", "do not ask")
    .action(async (host: string, { yes }: { yes?: boolean }) => {
      await confirm({
        consequence: `If host "${host}" still runs its VMs, there will be two of each, and their disks are lost`,
        action: `declare host "${host}" dead`,
        yes,
      });
      const { cluster } = await cli.call("POST /v1/cluster/confirm-dead", { body: { host } });
      cli.output.result({ cluster }, () => `Host ${host} is dead to the cluster`);
    });
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

function asPair(text: string): [string, string] {
  const at = text.indexOf("=");
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new FerryError("bad-input", `Cannot use option "${text}"`, {
    remedy: "Give NAME=VALUE, such as ip=10.0.0.5",
  });
}
