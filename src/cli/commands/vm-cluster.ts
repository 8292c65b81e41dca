/** `ferry vm cluster|standalone`: whether other hosts start a VM when its own dies. */
import { type Command, Option } from "commander";
import type { VmPolicy } from "../../api/schema/cluster.ts";
import type { Cli } from "../cli.ts";

/** Keyed by the type, so that a value added there is missing here at compile time. */
const priorities: Readonly<Record<VmPolicy["priority"], true>> = {
  high: true,
  normal: true,
  low: true,
  never: true,
};

interface PolicyOptions {
  readonly priority?: VmPolicy["priority"];
  readonly prefer?: string;
  readonly only?: string;
  readonly apart?: string;
}

export function defineVmCluster(command: Command, cli: Cli): void {
  command
    .command("cluster")
    .description("make a VM highly available, or change how; it may run meanwhile")
    .argument("<vm>", "name or id")
    .addOption(
      new Option("--priority <priority>", "who is started first; never: not at all").choices(
        Object.keys(priorities),
      ),
    )
    .option("--prefer <hosts>", "the best first, with commas between; empty for none")
    .option("--only <hosts>", "hosts that may have it, with commas between; empty for all")
    .option(
      "--apart <groups>",
      "keep it off hosts that have a VM of the same group; empty for none",
    )
    .action(async (vm: string, options: PolicyOptions) => {
      const before = await presentPolicy(cli, vm);
      const policy: VmPolicy = {
        ...before,
        ...(options.priority !== undefined && { priority: options.priority }),
        ...(options.prefer !== undefined && { preferredHosts: words(options.prefer) }),
        ...(options.only !== undefined && { possibleHosts: orNull(words(options.only)) }),
        ...(options.apart !== undefined && { apart: words(options.apart) }),
      };
      const after = await cli.call("PUT /v1/vms/{vm}/cluster", { params: { vm }, body: policy });
      cli.output.result(
        after,
        () =>
          `${after.name} is the cluster's, on ${after.host ?? "no host"}, priority ${after.policy.priority}`,
      );
    });
  command
    .command("standalone")
    .description("make a VM of the cluster standalone again; it may run meanwhile")
    .argument("<vm>", "name or id")
    .action(async (vm: string) => {
      await cli.call("DELETE /v1/vms/{vm}/cluster", { params: { vm } });
      cli.output.result({}, () => `${vm} is standalone: when its host dies, it stays down`);
    });
}

async function presentPolicy(cli: Cli, vm: string): Promise<VmPolicy> {
  const { cluster } = await cli.call("GET /v1/cluster");
  const present = cluster?.vms.find(({ id, name }) => id === vm || name === vm)?.policy;
  return present ?? { priority: "normal", preferredHosts: [], possibleHosts: null, apart: [] };
}

function words(text: string): string[] {
  return text
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
}

function orNull(list: string[]): string[] | null {
  return list.length === 0 ? null : list;
}
