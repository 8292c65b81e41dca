/** `ferry vm`: looking at VMs and acting on them. Making and changing them is beside, in a file each. */
import type { Command } from "commander";
import type { VmActionRoute } from "../../api/routes-table.ts";
import type { Cli } from "../cli.ts";
import { confirm } from "../confirm.ts";
import { parseDuration } from "../quantities.ts";
import { renderVmCpu } from "../render/cpu.ts";
import { renderVm, renderVmList, renderVmState } from "../render/vm.ts";
import { warnUnreachable } from "../unreachable.ts";
import { defineVmApply, defineVmExport, defineVmSet } from "./vm-change.ts";
import { defineVmCluster } from "./vm-cluster.ts";
import { defineVmMoveStorage } from "./vm-move-storage.ts";
import { defineVmUpgrade } from "./vm-upgrade.ts";
import { defineVmCreate } from "./vm-create.ts";

/** Beyond the time that the guest gets: for QEMU to end, locks to be given back, and the answer. */
const shutdownMarginMs = 60_000;

export function defineVm(command: Command, cli: Cli): void {
  command
    .command("list")
    .description("list the VMs of the whole domain, or of one host with --host")
    .action(async () => {
      const query = cli.host === undefined ? ({ scope: "domain" } as const) : {};
      const list = await cli.call("GET /v1/vms", { query });
      cli.output.result(list, () => renderVmList(list, cli.output.style));
      warnUnreachable(cli, list.unreachable);
    });
  command
    .command("show")
    .description("show one VM in full")
    .argument("<vm>", "name or id")
    .action(async (vm: string) => {
      const answer = await cli.call("GET /v1/vms/{vm}", { params: { vm } });
      cli.output.result(answer, () => renderVm(answer));
    });
  command
    .command("cpu")
    .description("show what the guest finds in its processor, and to which hosts it can go")
    .argument("<vm>", "name or id")
    .action(async (vm: string) => {
      const cpu = await cli.call("GET /v1/vms/{vm}/cpu", { params: { vm } });
      cli.output.result(cpu, () => renderVmCpu(cpu, cli.output.style));
    });
  defineVmCreate(command.command("create"), cli);
  defineVmExport(command.command("export"), cli);
  defineVmApply(command.command("apply"), cli);
  defineVmSet(command.command("set"), cli);
  defineVmUpgrade(command.command("upgrade"), cli);
  defineVmMoveStorage(command.command("move-storage"), cli);
  defineVmCluster(command, cli);
  defineAction(command, cli, "start", "start a VM that is stopped or has crashed");
  defineShutdown(command, cli);
  defineAbrupt(command, cli, "power-off", {
    description: "turn a VM off at once, as if its power cord were pulled",
    action: "power off",
  });
  defineAction(command, cli, "pause", "stop the guest's processors; its memory stays");
  defineAction(command, cli, "resume", "let a paused guest go on");
  defineAbrupt(command, cli, "restart", {
    description: "reset a VM at once, as by its button",
    action: "restart",
  });
  defineDelete(command, cli);
}

function defineAction(
  command: Command,
  cli: Cli,
  action: "start" | "pause" | "resume",
  description: string,
): void {
  command
    .command(action)
    .description(description)
    .argument("<vm>", "name or id")
    .action(async (vm: string) => {
      await act(cli, `POST /v1/vms/{vm}/${action}`, vm);
    });
}

async function act(
  cli: Cli,
  route: Exclude<VmActionRoute, "POST /v1/vms/{vm}/shutdown">,
  vm: string,
): Promise<void> {
  const answer = await cli.call(route, { params: { vm } });
  cli.output.result(answer, () => renderVmState(answer));
}

function defineShutdown(command: Command, cli: Cli): void {
  command
    .command("shutdown")
    .description("ask the guest to shut down, and power it off when it does not")
    .argument("<vm>", "name or id")
    .option("--timeout <duration>", "how long the guest may take (60s)", parseDuration)
    .action(async (vm: string, { timeout }: { timeout?: number }) => {
      const answer = await cli.call("POST /v1/vms/{vm}/shutdown", {
        params: { vm },
        ...(timeout === undefined
          ? { body: {} }
          : { body: { timeoutMs: timeout }, timeoutMs: timeout + shutdownMarginMs }),
      });
      cli.output.result(answer, () => renderVmState(answer));
    });
}

/** What the guest is not asked about, and may lose data by. */
function defineAbrupt(
  command: Command,
  cli: Cli,
  name: "power-off" | "restart",
  { description, action }: { description: string; action: string },
): void {
  command
    .command(name)
    .description(description)
    .argument("<vm>", "name or id")
    .option("--yes", "do not ask")
    .action(async (vm: string, { yes }: { yes?: boolean }) => {
      await confirm({
        consequence: `The guest of VM "${vm}" loses what it has not written to its disks`,
        action: `${action} VM "${vm}"`,
        yes,
      });
      await act(cli, `POST /v1/vms/{vm}/${name}`, vm);
    });
}

function defineDelete(command: Command, cli: Cli): void {
  command
    .command("delete")
    .description("delete a VM that is stopped")
    .argument("<vm>", "name or id")
    .option("--disks", "delete its disks too")
    .option("--yes", "do not ask")
    .action(async (vm: string, { disks, yes }: { disks?: boolean; yes?: boolean }) => {
      const what = disks === true ? "and its disks are deleted" : "is deleted, its disks stay";
      await confirm({ consequence: `VM "${vm}" ${what}`, action: `delete VM "${vm}"`, yes });
      await cli.call("DELETE /v1/vms/{vm}", {
        params: { vm },
        query: { disks: disks === true ? "delete" : "keep" },
      });
      cli.output.result({}, () => `VM ${vm} ${what}`);
    });
}
