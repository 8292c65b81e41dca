/** `ferry host drain|resume`: empties a host, and fills it again. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import type { DrainPlanAnswer, DrainStatus } from "../../api/schema/drain.ts";
import { errorCodes } from "../../base/errors.ts";
import { formatCount } from "../../base/format.ts";
import type { Cli } from "../cli.ts";
import { confirm } from "../confirm.ts";
import { renderDrain, renderPlan, renderReturns } from "../render/drain.ts";

/** A person sees movement; the agent is not kept busy answering. */
const lookEveryMs = 500;

export interface DrainOptions {
  readonly to?: string;
  readonly withStorage?: boolean;
  readonly yes?: boolean;
  readonly detach?: boolean;
  readonly status?: boolean;
}

export function defineHostDrain(command: Command, cli: Cli): void {
  command
    .command("drain")
    .description(
      "move every running VM away, and let none come or start there; shows the plan first",
    )
    .argument("<host>", "its name")
    .option("--to <hosts>", "where they may go, with commas between (every host that answers)")
    .option("--with-storage", "copy disks that a target does not reach; without it such VMs stay")
    .option("--yes", "do not ask")
    .option("--detach", "do not wait until all have left")
    .option("--status", "only say how a drain stands")
    .action((host: string, options: DrainOptions) => drain(cli, host, options));
  command
    .command("resume")
    .description("let VMs start on a drained host and come to it again")
    .argument("<host>", "its name")
    .option("--return", "bring back the VMs that left, and start those that a shutdown ended")
    .action(async (host: string, options: { return?: boolean }) => {
      const answer = await cli.call("POST /v1/host/resume", {
        host,
        body: { return: options.return === true },
      });
      cli.output.result(answer, () => renderReturns(host, answer));
    });
}

/** Drains, and follows it to its end. */
export async function drain(cli: Cli, host: string, options: DrainOptions): Promise<void> {
  const { output } = cli;
  if (options.status === true) {
    const status = await cli.call("GET /v1/host/drain", { host });
    output.result(status, () => renderDrain(host, status, output.style));
    return;
  }
  const withStorage = options.withStorage === true;
  const to = options.to?.split(",").map((name) => name.trim());
  const plan = await cli.call("POST /v1/host/drain/plan", {
    host,
    body: { withStorage, ...(to && { to }) },
  });
  output.line(renderPlan(plan, output.style));
  await confirm({
    consequence: consequence(host, plan),
    action: `drain host "${host}"`,
    yes: options.yes,
  });
  const moves = plan.moves.map(({ vm, target }) => ({ vm: vm.id, target }));
  const begun = await cli.call("POST /v1/host/drain", { host, body: { moves, withStorage } });
  const status = options.detach === true ? begun : await followed(cli, host, begun);
  output.result(status, () => renderDrain(host, status, output.style));
  // What was stopped before runs nowhere, and keeps nobody from working on the host.
  const failed = status.moves.some(({ state }) => state === "failed" || state === "unresolved");
  if (status.over && (failed || plan.moves.length > status.moves.length)) {
    cli.exitCode = errorCodes["migration-failed"].exit;
  }
}

async function followed(cli: Cli, host: string, begun: DrainStatus): Promise<DrainStatus> {
  let status = begun;
  let said = new Set<string>();
  while (!status.over) {
    await sleep(lookEveryMs);
    status = await cli.call("GET /v1/host/drain", { host });
    const over = status.moves.filter(({ state }) => state !== "queued" && state !== "running");
    for (const { vm, target, state, error } of over) {
      if (!said.has(vm.id)) cli.output.line(`${vm.name} to ${target}: ${error ?? state}`);
    }
    said = new Set(over.map(({ vm }) => vm.id));
  }
  return status;
}

function consequence(host: string, { moves, stays }: DrainPlanAnswer): string {
  const staying = stays.length === 0 ? "" : `, ${formatCount(stays.length, "VM")} stay`;
  return `${formatCount(moves.length, "VM")} leave host "${host}"${staying}, and none starts there until it is resumed`;
}
