/** `ferry vm move-storage`: a VM's disks to another pool of its host, while it runs. */
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { choosePool, type PoolChoice } from "../pool-choice.ts";
import { renderVmState } from "../render/vm.ts";

export function defineVmMoveStorage(command: Command, cli: Cli): void {
  command
    .description("move a VM's disks to another pool of its host, while it runs or stopped")
    .argument("<vm>", "name or id")
    .requiredOption(
      "--pool <[disk=]pool>",
      "where to; for all disks, or for one of them; may be repeated",
      choosePool,
    )
    .action(async (vm: string, { pool }: { pool: PoolChoice }) => {
      const { all, each } = pool;
      const body = { ...(all && { pool: all }), ...(each && { pools: { ...each } }) };
      const answer = await cli.call("POST /v1/vms/{vm}/move-storage", { params: { vm }, body });
      const places = answer.definition.disks.map((disk) => `${disk.name} in ${disk.pool}`);
      cli.output.result(answer, () => `${renderVmState(answer)}; ${places.join(", ")}`);
    });
}
