/** `ferry migration hurry|throttle|switch-now`: stepping into a move whose memory is being copied. */
import type { Command } from "commander";
import type { MigrationRecord } from "../../migration/record.ts";
import { describe } from "../adjustment.ts";
import type { Cli } from "../cli.ts";
import { parseCount } from "../quantities.ts";

type Action = "hurry" | "throttle" | "switch-now";
type Find = (idOrVm: string) => Promise<MigrationRecord>;

const migrationArgument = [
  "<migration>",
  "its id, or the name of a VM for its newest one",
] as const;

export function defineStepIns(command: Command, cli: Cli, find: Find): void {
  const act = async (idOrVm: string, action: Action, throttlePercent?: number): Promise<void> => {
    const { id, source } = await find(idOrVm);
    const body = { action, ...(throttlePercent !== undefined && { throttlePercent }) };
    const record = await cli.call("POST /v1/migrations/{id}/step-in", {
      ...{ params: { id }, host: source, body },
    });
    cli.output.result(record, () => renderStepIn(record));
  };
  command
    .command("hurry")
    .description(
      "let the guest stop for the most blackout allowed at once, instead of step by step",
    )
    .argument(...migrationArgument)
    .action((migration: string) => act(migration, "hurry"));
  command
    .command("throttle")
    .description("slow the guest down now, so that it writes less than the link carries")
    .argument(...migrationArgument)
    .option("--percent <percent>", "by how much (the policy's next step)", (text) =>
      parseCount(text, "--percent", 1, 99),
    )
    .action((migration: string, { percent }: { percent?: number }) =>
      act(migration, "throttle", percent),
    );
  command
    .command("switch-now")
    .description(
      "stop the guest for as long as the rest takes; with policy post-copy it goes on at the target at once",
    )
    .argument(...migrationArgument)
    .action((migration: string) => act(migration, "switch-now"));
}

function renderStepIn({ vm, adjustments }: MigrationRecord): string {
  const last = adjustments?.at(-1);
  return last === undefined ? `${vm.name}: nothing to do` : `${vm.name}: ${describe(last)}`;
}
