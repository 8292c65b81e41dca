/** `ferry migration reorder|statistics`: the moves that wait, and what past ones say together. */
import { type Command, Option } from "commander";
import { formatCount, formatDuration } from "../../base/format.ts";
import { FerryError } from "../../base/errors.ts";
import type { MigrationRecord } from "../../migration/record.ts";
import type { Cli } from "../cli.ts";
import {
  type Grouping,
  groupings,
  type MoveStatistics,
  moveStatistics,
} from "../move-statistics.ts";
import { parsePast } from "../since.ts";
import { type Column, renderTable } from "../table.ts";
import { warnUnreachable } from "../unreachable.ts";

/** As many as the agent gives at once. */
const recordsMax = 1000;

type Priority = NonNullable<MigrationRecord["options"]["priority"]>;
const priorityNames: Readonly<Record<Priority, true>> = {
  low: true,
  normal: true,
  high: true,
};

interface ReorderOptions {
  readonly first?: boolean;
  readonly last?: boolean;
  readonly before?: string;
  readonly priority?: Priority;
}

export function defineReorder(command: Command, cli: Cli): void {
  command
    .command("reorder")
    .description("give a move that waits another place in its source's queue")
    .argument("<migration>", "its id")
    .option("--first", "before all of its priority")
    .option("--last", "behind all of its priority")
    .option("--before <migration>", "just before another that waits")
    .addOption(
      new Option("--priority <priority>", "before or behind others").choices(
        Object.keys(priorityNames),
      ),
    )
    .action(async (id: string, { first, last, before, priority }: ReorderOptions) => {
      if (
        [first, last, before].filter(Boolean).length > 1 ||
        !(first || last || before || priority)
      ) {
        throw new FerryError(
          "bad-input",
          `Cannot reorder migration "${id}": give one place, a priority, or both`,
          {
            remedy: "Places are --first, --last and --before MIGRATION",
          },
        );
      }
      const body = {
        ...(first === true && { to: "first" as const }),
        ...(last === true && { to: "last" as const }),
        ...(before !== undefined && { before }),
        ...(priority !== undefined && { priority }),
      };
      const record = await cli.call("POST /v1/migrations/{id}/place", { params: { id }, body });
      cli.output.result(
        record,
        () => `The move of ${record.vm.name} ${record.waitingFor ?? "begins"}`,
      );
    });
}

const columns: readonly Column<MoveStatistics>[] = [
  { title: "moves", text: ({ of }) => of },
  { title: "completed", text: ({ completed }) => String(completed), align: "right" },
  { title: "failed", text: ({ failed }) => String(failed), align: "right" },
  { title: "cancelled", text: ({ cancelled }) => String(cancelled), align: "right" },
  { title: "blackout p50", text: ({ blackoutMs }) => said(blackoutMs?.p50), align: "right" },
  { title: "p95", text: ({ blackoutMs }) => said(blackoutMs?.p95), align: "right" },
  { title: "max", text: ({ blackoutMs }) => said(blackoutMs?.max), align: "right" },
];

export function defineStatistics(command: Command, cli: Cli): void {
  command
    .command("statistics")
    .description("how past moves went, and how long guests stood still")
    .option("--since <time>", "only moves since then: 7d, or 2026-11-23", parseSince)
    .option("--vm <vm>", "only those of this VM")
    .addOption(new Option("--by <group>", "count them apart (source)").choices([...groupings]))
    .action(
      async ({ since, vm, by = "source" }: { since?: number; vm?: string; by?: Grouping }) => {
        const query = {
          ...(cli.host === undefined && { scope: "domain" as const }),
          ...(since !== undefined && { since }),
          ...(vm !== undefined && { vm }),
          limit: recordsMax,
        };
        const { migrations, unreachable } = await cli.call("GET /v1/migrations", { query });
        const statistics = moveStatistics(migrations, by);
        cli.output.result(statistics, () => renderTable(columns, statistics, cli.output.style));
        if (migrations.length === recordsMax) {
          cli.output.note(
            `These are the newest ${formatCount(recordsMax, "move")}; --since takes fewer`,
          );
        }
        warnUnreachable(cli, unreachable);
      },
    );
}

/** See `parsePast`. */
export function parseSince(text: string): number {
  return parsePast(text, Date.now());
}

function said(milliseconds: number | undefined): string {
  return milliseconds === undefined ? "" : formatDuration(milliseconds);
}
