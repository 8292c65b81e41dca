/** `ferry switch`: Linux bridges by the name that they have on every host. */
import type { Command } from "commander";
import type { VirtualSwitch } from "../../api/schema/switch.ts";
import type { Cli } from "../cli.ts";
import { confirm } from "../confirm.ts";
import { type Column, renderTable } from "../table.ts";

const columns: readonly Column<VirtualSwitch>[] = [
  { title: "switch", text: ({ name }) => name },
  { title: "bridge", text: ({ bridge }) => bridge },
];

export function defineSwitch(command: Command, cli: Cli): void {
  command
    .command("list")
    .description("list the virtual switches of a host")
    .action(async () => {
      const list = await cli.call("GET /v1/switches");
      cli.output.result(list, () => renderTable(columns, list.switches, cli.output.style));
    });
  command
    .command("create")
    .description("name a Linux bridge of a host, so that adapters can be plugged into it")
    .argument("<switch>", "its name; where VMs shall move, the same on every host")
    .argument("<bridge>", "the bridge's interface on that host, such as br0")
    .action(async (name: string, bridge: string) => {
      const created = await cli.call("POST /v1/switches", { body: { name, bridge } });
      cli.output.result(created, () => `Switch ${created.name} is bridge ${created.bridge}`);
    });
  command
    .command("delete")
    .description("forget a switch that no VM uses; the bridge stays")
    .argument("<switch>", "its name")
    .option("--yes", "do not ask")
    .action(async (name: string, { yes }: { yes?: boolean }) => {
      const consequence = `Switch "${name}" is forgotten, its bridge stays`;
      await confirm({ consequence, action: `delete switch "${name}"`, yes });
      await cli.call("DELETE /v1/switches/{switch}", { params: { switch: name } });
      cli.output.result({}, () => consequence);
    });
}
