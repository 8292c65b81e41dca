/** `ferry vm upgrade`: a newer machine for a VM, at its next cold start. */
import type { Command } from "commander";
import { FerryError } from "../../base/errors.ts";
import type { Cli } from "../cli.ts";
import { hostVersions } from "../host-versions.ts";

interface Choices {
  readonly machine?: string;
  readonly cancel?: boolean;
}

export function defineVmUpgrade(command: Command, cli: Cli): void {
  command
    .description("give a VM a newer machine type; while it runs, at its next start from nothing")
    .argument("<vm>", "name or id")
    .option("--machine <type>", "such as pc-q35-10.0 (the newest that every host has)")
    .option("--cancel", "take back an upgrade that waits for the next start")
    .action(async (vm: string, { machine, cancel }: Choices) => {
      const machineType = cancel === true ? null : (machine ?? (await commonMachine(cli)));
      const params = { vm };
      const after = await cli.call("POST /v1/vms/{vm}/upgrade", { params, body: { machineType } });
      const { name, machine: now } = after.definition;
      cli.output.result(after, () =>
        now.upgradeTo === undefined
          ? `${name} has machine ${now.type}`
          : `${name} has machine ${now.type}; it becomes ${now.upgradeTo} when it is next shut down and started`,
      );
    });
}

async function commonMachine(cli: Cli): Promise<string> {
  const { commonMachine: newest, unreachable } = await hostVersions(cli);
  if (unreachable.length === 0 && newest !== null) return newest;
  const silent = unreachable.map(({ host }) => host).join(", ");
  throw new FerryError(
    "unreachable",
    newest === null
      ? "Cannot choose a machine type: no type is on every host"
      : `Cannot choose a machine type that every host has: ${silent} does not answer`,
    { remedy: "Name one: --machine TYPE; ferry host versions shows the newest of each host" },
  );
}
