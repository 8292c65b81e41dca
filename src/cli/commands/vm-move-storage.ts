/** `ferry vm move-storage`: a VM's disks to another pool of its host, while it runs. */
import type { Command } from "commander";
import { errorCodes, FerryError } from "../../base/errors.ts";
import type { Cli } from "../cli.ts";
import { choosePool, type PoolChoice } from "../pool-choice.ts";
import { renderStorageMove } from "../render/storage-move.ts";
import { followStorageMove } from "../storage-move-view.ts";

/** What shells give a program that Ctrl-C ended. */
const interruptedExit = 130;

interface Options {
  readonly pool: PoolChoice;
  readonly detach?: boolean;
}

export function defineVmMoveStorage(command: Command, cli: Cli): void {
  command
    .description("move a VM's disks to another pool of its host, while it runs or stopped")
    .argument("<vm>", "name or id")
    .requiredOption(
      "--pool <[disk=]pool>",
      "where to; for all disks, or for one of them; may be repeated",
      choosePool,
    )
    .option("--detach", "do not wait for the end; ferry vm show tells how far it is")
    .addHelpText("after", "\nWhile it waits, Ctrl-C asks to cancel; a second one leaves.")
    .action(async (vm: string, { pool, detach }: Options) => {
      const { all, each } = pool;
      const body = { ...(all && { pool: all }), ...(each && { pools: { ...each } }) };
      const begun = await cli.call("POST /v1/vms/{vm}/move-storage", { params: { vm }, body });
      const followed =
        detach === true ? { vm: begun, left: false } : await followStorageMove(cli, begun);
      cli.output.result(followed.vm, () => renderStorageMove(followed.vm));
      if (followed.left) cli.exitCode = interruptedExit;
      else fail(cli, followed.vm.storageMove?.error ?? null);
    });
}

function fail(cli: Cli, error: { code: string; message: string; remedy?: string } | null): void {
  if (error === null) return;
  const code = Object.keys(errorCodes).find((known) => known === error.code);
  const known = new FerryError((code ?? "internal") as keyof typeof errorCodes, error.message, {
    ...(error.remedy !== undefined && { remedy: error.remedy }),
  });
  if (known.code === "cancelled") cli.exitCode = errorCodes.cancelled.exit;
  else cli.exitCode = cli.output.error(known, { answered: true });
}
