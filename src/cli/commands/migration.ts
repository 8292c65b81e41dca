/** `ferry migration`: moves under way and past ones. */
import { type Command, Option } from "commander";
import { FerryError } from "../../base/errors.ts";
import type { MigrationRecord } from "../../migration/record.ts";
import type { Cli } from "../cli.ts";
import { finishWatch } from "../finish-watch.ts";
import { documentsView, silentView, textView } from "../migration-view.ts";
import { parseCount } from "../quantities.ts";
import { renderMigration, renderMigrationList, renderReport } from "../render/migration.ts";
import { warnUnreachable } from "../unreachable.ts";
import { watchMigration } from "../watch.ts";
import { defineDiscard, definePartial } from "./migration-partial.ts";
import { defineResolve } from "./migration-resolve.ts";
import { defineStepIns } from "./migration-step-in.ts";
import { defineReorder, defineStatistics, parseSince } from "./migration-queue.ts";

type State = MigrationRecord["state"];

/** Keyed by the type, so that a state added there is missing here at compile time. */
const states: Readonly<Record<State, true>> = {
  queued: true,
  running: true,
  cancelling: true,
  completed: true,
  cancelled: true,
  failed: true,
  unresolved: true,
};

interface ListOptions {
  readonly vm?: string;
  readonly state?: State;
  readonly since?: number;
  readonly limit?: number;
}

const migrationArgument = [
  "<migration>",
  "its id, or the name of a VM for its newest one",
] as const;

export function defineMigration(command: Command, cli: Cli): void {
  command
    .command("list")
    .description("list moves of the whole domain, or of one host with --host, newest first")
    .option("--vm <vm>", "only those of this VM")
    .addOption(
      new Option("--state <state>", "only those in this state").choices(Object.keys(states)),
    )
    .option("--since <time>", "only those asked for since then: 7d, or 2026-11-23", parseSince)
    .option("--limit <count>", "how many (20)", (text) => parseCount(text, "--limit", 1, 1000))
    .action(async ({ vm, state, since, limit = 20 }: ListOptions) => {
      const query = {
        ...(cli.host === undefined && { scope: "domain" as const }),
        ...(vm !== undefined && { vm }),
        ...(state !== undefined && { state }),
        ...(since !== undefined && { since }),
        limit,
      };
      const list = await cli.call("GET /v1/migrations", { query });
      cli.output.result(list, () => renderMigrationList(list.migrations, cli.output.style));
      warnUnreachable(cli, list.unreachable);
    });
  command
    .command("show")
    .description("show one in full: stages, rounds, blackout, result")
    .argument(...migrationArgument)
    .action(async (migration: string) => {
      const record = await findMigration(cli, migration);
      cli.output.result(record, () => renderMigration(record, cli.output.style));
    });
  defineWatch(command, cli);
  defineCancel(command, cli);
  defineResolve(command, cli, (migration) => findMigration(cli, migration));
  defineStepIns(command, cli, (idOrVm) => findMigration(cli, idOrVm));
  defineReorder(command, cli);
  definePartial(command, cli);
  defineDiscard(command, cli);
  defineStatistics(command, cli);
}

function defineWatch(command: Command, cli: Cli): void {
  command
    .command("watch")
    .description("follow one to its end; Ctrl-C leaves, the move goes on")
    .argument(...migrationArgument)
    .action(async (migration: string) => {
      const record = await findMigration(cli, migration);
      const view = cli.output.json ? documentsView(cli.output) : textView(cli.output, process.env);
      const watched = await watchMigration(cli, record, { onInterrupt: "leave", view });
      finishWatch(cli, watched, { documents: true });
    });
}

function defineCancel(command: Command, cli: Cli): void {
  command
    .command("cancel")
    .description("cancel one; possible until the guest is stopped for its last modified pages")
    .argument(...migrationArgument)
    .option("--detach", "do not wait until both hosts are as before")
    .action(async (migration: string, { detach }: { detach?: boolean }) => {
      const { id, source } = await findMigration(cli, migration);
      const record = await cli.call("POST /v1/migrations/{id}/cancel", {
        params: { id },
        host: source,
      });
      const ended = await watchUnless(detach, cli, record);
      // Cancelled is what was asked for; that the move completed all the same is not.
      if (ended.state === "completed") {
        throw new FerryError(
          "not-cancellable",
          `Cannot cancel migration "${id}": it has completed`,
          {
            remedy: `Move the VM back: ferry move ${record.vm.name} ${source}`,
          },
        );
      }
      cli.output.result(ended, () => renderReport(ended));
    });
}

async function watchUnless(
  detach: boolean | undefined,
  cli: Cli,
  record: MigrationRecord,
): Promise<MigrationRecord> {
  if (detach === true) return record;
  const watched = await watchMigration(cli, record, { onInterrupt: "leave", view: silentView });
  return watched.record;
}

/** By id, or the newest one of a VM. The source's record, which is the full one, where the source answers. */
async function findMigration(cli: Cli, idOrVm: string): Promise<MigrationRecord> {
  if (!/^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(idOrVm)) return await newestOf(cli, idOrVm);
  const params = { id: idOrVm };
  const record = await cli.call("GET /v1/migrations/{id}", { params });
  if (record.role === "source") return record;
  try {
    return await cli.call("GET /v1/migrations/{id}", { params, host: record.source });
  } catch {
    // The target's half is better than nothing.
    return record;
  }
}

async function newestOf(cli: Cli, vm: string): Promise<MigrationRecord> {
  const query = { scope: "domain", vm, limit: 1 } as const;
  const { migrations } = await cli.call("GET /v1/migrations", { query });
  const [newest] = migrations;
  if (newest !== undefined) return newest;
  throw new FerryError("not-found", `Cannot find a migration of VM "${vm}"`, {
    remedy: "See: ferry migration list",
  });
}
