/** `ferry fault`: failures rehearsed on a host whose configuration allows it. */
import { Argument, type Command } from "commander";
import type { Fault, FaultActionName } from "../../api/schema/fault.ts";
import type { Cli } from "../cli.ts";
import { type Column, renderTable } from "../table.ts";

/** Keyed by the type, so that an action added there is missing here at compile time. */
const actions: Readonly<Record<FaultActionName, true>> = {
  fail: true,
  crash: true,
  hang: true,
  pause: true,
};

const columns: readonly Column<Fault>[] = [
  { title: "point", text: ({ point }) => point },
  { title: "action", text: ({ action }) => action },
  { title: "state", text: ({ state }) => state },
];

export function defineFault(command: Command, cli: Cli): void {
  command
    .command("points")
    .description("list the points of a move or failover at which a failure can be rehearsed")
    .action(async () => {
      const { points } = await cli.call("GET /v1/faults");
      cli.output.result({ points }, () => points.join("\n"));
    });
  command
    .command("list")
    .description("list the failures that wait for their point, and those that hold it")
    .action(async () => {
      const { faults } = await cli.call("GET /v1/faults");
      cli.output.result({ faults }, () => renderTable(columns, faults, cli.output.style));
    });
  command
    .command("arm")
    .description(
      "let a move or failover fail at a point, once; needs faultInjection: true in the host's configuration",
    )
    .argument("<point>", "as `ferry fault points` shows it")
    .addArgument(
      new Argument(
        "<action>",
        "fail: the step fails; crash: the agent is killed; hang: the step waits until it is cancelled; pause: it waits for `ferry fault clear`",
      ).choices(Object.keys(actions)),
    )
    .action(async (point: string, action: FaultActionName) => {
      await cli.call("POST /v1/faults", { body: { point, action } });
      cli.output.result({ point, action }, () => `The next move that comes to ${point}: ${action}`);
    });
  command
    .command("clear")
    .description("forget failures that have not struck, and let go on what is paused")
    .action(async () => {
      await cli.call("DELETE /v1/faults");
      cli.output.result({}, () => "No failure is armed");
    });
}
