/** `ferry cluster backup|restore|balance`: looking after a cluster. */
import { readFile, writeFile } from "node:fs/promises";
import type { Command } from "commander";
import type { ClusterBackup } from "../../api/schema/cluster.ts";
import { FerryError } from "../../base/errors.ts";
import { formatCount, formatTime } from "../../base/format.ts";
import type { Cli } from "../cli.ts";
import { confirm } from "../confirm.ts";
import { renderBalance } from "../render/balance.ts";

export function defineClusterCare(command: Command, cli: Cli): void {
  command
    .command("backup")
    .description("write everything that the cluster keeps in etcd into a file")
    .argument("<file>", "it is replaced")
    .action(async (file: string) => {
      const backup = await cli.call("GET /v1/cluster/backup");
      await writeWhole(file, JSON.stringify(backup));
      const { cluster, at, records } = backup;
      cli.output.result({ file, at, records: records.length }, () => {
        return `${formatCount(records.length, "record")} of cluster ${cluster.name} are in ${file}`;
      });
    });
  command
    .command("restore")
    .description("make a new etcd on this host out of a backup, when the old one is lost for good")
    .argument("<file>", "what `ferry cluster backup` wrote")
    .option("--yes", "do not ask")
    .action(async (file: string, { yes }: { yes?: boolean }) => {
      const backup = await readBackup(file);
      await confirm({
        consequence: `The cluster goes on with its data of ${formatTime(backup.at)}; an etcd of the old members must never run again`,
        action: `restore cluster "${backup.cluster.name}"`,
        yes,
      });
      const told = await cli.call("POST /v1/cluster/restore", { body: backup });
      cli.output.result(told, () => {
        const goOn = told.told.length === 0 ? "" : `; ${told.told.join(", ")} go on with them`;
        return `The data are restored${goOn}`;
      });
      if (told.silent.length > 0) {
        cli.output.note(
          `${told.silent.join(", ")} did not answer: when they are back, restore again on this host`,
        );
      }
    });
  command
    .command("balance")
    .description("propose moves that even out the hosts; nothing moves without --apply")
    .option("--apply", "queue the proposed moves")
    .option("--yes", "do not ask")
    .action(async ({ apply, yes }: { apply?: boolean; yes?: boolean }) => {
      const balance = await cli.call("GET /v1/cluster/balance");
      if (apply !== true || balance.moves.length === 0) {
        cli.output.result(balance, () => renderBalance(balance, cli.output.style));
        return;
      }
      cli.output.line(renderBalance(balance, cli.output.style));
      await confirm({
        consequence: `${formatCount(balance.moves.length, "VM")} move`,
        action: "even out the cluster",
        yes,
      });
      const migrations = [];
      for (const { vm, to } of balance.moves) {
        if (to === null) continue;
        migrations.push(await cli.call("POST /v1/migrations", { body: { vm: vm.id, target: to } }));
      }
      cli.output.result({ ...balance, migrations }, () => {
        return `${formatCount(migrations.length, "move")} wait for their turn: ferry migration list`;
      });
    });
}

/** What is in it is the agent's to judge; that it is one, a person is told of before they are asked. */
async function readBackup(file: string): Promise<ClusterBackup> {
  let cause: unknown;
  try {
    const backup = JSON.parse(await readFile(file, "utf8")) as Partial<ClusterBackup> | null;
    if (typeof backup?.cluster?.name === "string" && typeof backup.at === "number")
      return backup as ClusterBackup;
  } catch (error) {
    cause = error;
  }
  throw new FerryError("bad-input", `Cannot read backup "${file}"`, {
    remedy: "Give what `ferry cluster backup` wrote",
    cause,
  });
}

/** Readable for its owner only: definitions tell about VMs. */
async function writeWhole(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { mode: 0o600 });
  } catch (cause) {
    throw new FerryError("bad-input", `Cannot write "${file}"`, {
      remedy: "Name a file that can be written",
      cause,
    });
  }
}
