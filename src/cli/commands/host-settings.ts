/** `ferry host settings|set|network`: what holds for all moves of a host. */
import { type Command, Option } from "commander";
import { FerryError } from "../../base/errors.ts";
import type { Cli } from "../cli.ts";
import {
  parseBlackout,
  parseGiveUpAfter,
  parseMaxStop,
  policies,
  within,
} from "../move-options.ts";
import { parseWithin, shutdownPolicies } from "./host-shutdown.ts";
import { parseCount, parseMebibytes } from "../quantities.ts";
import { renderNetworks, renderSettings } from "../render/settings.ts";
import {
  changeSettings,
  parseLimit,
  parseWindow,
  type SettingOptions,
  type Settings,
  withChangedNetwork,
  withNetwork,
  withoutNetwork,
} from "../setting-changes.ts";

type NetworkChange = NonNullable<Settings["migrationNetworks"]>[number];

const hostArgument = ["[host]", "its name (this one)"] as const;

/** Keyed by the types, so that a value added there is missing here at compile time. */
const performanceOptions: Readonly<Record<Settings["performanceOption"], true>> = {
  tcp: true,
  compression: true,
  multichannel: true,
  rdma: true,
};
const compressors: Readonly<Record<Settings["memoryCompressor"], true>> = {
  auto: true,
  agent: true,
  qemu: true,
};

export function defineHostSettings(command: Command, cli: Cli): void {
  command
    .command("settings")
    .description("show what holds for all moves of a host")
    .argument(...hostArgument)
    .action(async (name: string | undefined) => {
      const answer = await cli.call("GET /v1/host/settings", { host: name ?? cli.host });
      cli.output.result(answer, () => renderSettings(answer.settings));
    });
  defineSet(command, cli);
  defineNetwork(command, cli);
}

function defineSet(command: Command, cli: Cli): void {
  const count = (flag: string) => (text: string) => parseCount(text, flag, 1, 64);
  command
    .command("set")
    .description("change what holds for all moves of a host; moves under way follow where they can")
    .argument(...hostArgument)
    .addOption(
      new Option("--migration <state>", "whether moves leave it and come to it").choices([
        "on",
        "off",
      ]),
    )
    .option("--max-moves <count>", "moves at once, in and out apart", count("--max-moves"))
    .option(
      "--max-storage-moves <count>",
      "of them, moves that copy disks",
      count("--max-storage-moves"),
    )
    .option("--any-network", "let moves use any network")
    .addOption(
      new Option("--performance <option>", "how memory crosses the network").choices(
        Object.keys(performanceOptions),
      ),
    )
    .addOption(
      new Option(
        "--compressor <who>",
        "with compression, who compresses: QEMU, the agents, or as the guest and the link are (auto)",
      ).choices(Object.keys(compressors)),
    )
    .option(
      "--bandwidth <rate>",
      "most that each move takes, such as 100M or 1Gbit; none",
      parseLimit,
    )
    .option(
      "--bandwidth-at <time>",
      "a limit at a time of day: 08:00-18:00=100M; repeatable; none",
      parseWindow,
    )
    .option("--storage-bandwidth <rate>", "the same for disks", parseLimit)
    .option("--storage-bandwidth-at <time>", "the same for disks", parseWindow)
    .option(
      "--max-blackout <duration>",
      "most a guest may stand still, such as 300ms",
      parseBlackout,
    )
    .option(
      "--max-outage <duration>",
      "how long a move waits for a broken link while the guest runs, such as 60s",
      (text) =>
        within(text, "wait for a link for", 1_000, 86_400_000, "Give a duration from 1s to 1d"),
    )
    .option(
      "--max-blackout-outage <duration>",
      "the same while the guest stands still, such as 3s; then it goes on where it was",
      (text) =>
        within(text, "wait for a link for", 500, 60_000, "Give a duration from 500ms to 60s"),
    )
    .option(
      "--page-cache <size>",
      "memory of each move for what was sent before, such as 256M; 0 for none",
      parsePageCache,
    )
    .option(
      "--compression-threads <count>",
      "most threads that compress, for each move; auto: half of the processors",
      parseThreads,
    )
    .addOption(
      new Option(
        "--convergence <policy>",
        "what to do with a guest that writes faster than the link",
      ).choices(Object.keys(policies)),
    )
    .option(
      "--max-stop <duration>",
      "with policy certain: most a guest may stand still when nothing else helps",
      parseMaxStop,
    )
    .option(
      "--give-up-after <duration>",
      "with policy patient: how long to go on without coming closer",
      parseGiveUpAfter,
    )
    .option("--disk-pool <pool>", "where disks go that come with a VM; none")
    .addOption(
      new Option(
        "--at-shutdown <policy>",
        "what becomes of its VMs when the host is shut down",
      ).choices(Object.keys(shutdownPolicies)),
    )
    .option("--shutdown-within <duration>", "all of that, such as 10m", parseWithin)
    .option(
      "--guest-shutdown <duration>",
      "of it, how long guests have before they lose their power, such as 2m",
      (text) =>
        within(text, "wait for guests for", 1_000, 1_200_000, "Give a duration from 1s to 20m"),
    )
    .action(async (name: string | undefined, options: SettingOptions) => {
      if (Object.keys(options).length === 0) {
        throw new FerryError("bad-input", "Cannot change the settings: no option says to what", {
          remedy: "See: ferry host set --help",
        });
      }
      await change(cli, name, (settings) => changeSettings(settings, options), renderSettings);
    });
}

/** As many as libuv has. */
const threadsMax = 4;

function parseThreads(text: string): number | "auto" {
  return text === "auto" ? text : parseCount(text, "--compression-threads", 1, threadsMax);
}

function parsePageCache(text: string): number {
  return text === "0" ? 0 : parseMebibytes(text);
}

function defineNetwork(command: Command, cli: Cli): void {
  const network = command.command("network").description("the networks that moves may use");
  const named = (text: Command): Command =>
    text.argument("<subnet>", "such as 10.1.0.0/24 or fd00:1::/64").argument(...hostArgument);
  const show = ({ migrationNetworks }: Settings): string =>
    renderNetworks(migrationNetworks, cli.output.style);
  network
    .command("list")
    .description("list them, the best first")
    .argument(...hostArgument)
    .action(async (name: string | undefined) => {
      const { settings } = await cli.call("GET /v1/host/settings", { host: name ?? cli.host });
      cli.output.result(settings.migrationNetworks, () => show(settings));
    });
  named(network.command("add"))
    .description("let moves use a subnet, or change its priority; others only if added too")
    .option("--priority <number>", "lower is better (100)", (text) =>
      parseCount(text, "--priority", 0, 65_535),
    )
    .action(
      async (
        subnet: string,
        name: string | undefined,
        { priority = 100 }: { priority?: number },
      ) => {
        await change(cli, name, (settings) => withNetwork(settings, { subnet, priority }), show);
      },
    );
  named(network.command("set"))
    .description("change a subnet that moves may use, its priority, or both")
    .option("--subnet <subnet>", "what it shall be from now on")
    .option("--priority <number>", "lower is better", (text) =>
      parseCount(text, "--priority", 0, 65_535),
    )
    .action(async (subnet: string, name: string | undefined, options: Partial<NetworkChange>) => {
      if (Object.keys(options).length === 0) {
        throw new FerryError(
          "bad-input",
          `Cannot change network "${subnet}": to what is not said`,
          {
            remedy: "Give --subnet, --priority, or both",
          },
        );
      }
      const make = (settings: Settings) => withChangedNetwork(settings, subnet, options);
      await change(cli, name, make, show);
    });
  named(network.command("remove"))
    .description("take a subnet out; without the last one any network may be used")
    .action(async (subnet: string, name: string | undefined) => {
      await change(cli, name, (settings) => withoutNetwork(settings, subnet), show);
    });
}

/** Changes the settings as they are now: another change in between is refused by the agent, not undone. */
async function change(
  cli: Cli,
  name: string | undefined,
  make: (settings: Settings) => Settings,
  render: (settings: Settings) => string,
): Promise<void> {
  const host = name ?? cli.host;
  const { generation, settings } = await cli.call("GET /v1/host/settings", { host });
  const body = make(settings);
  const changed = await cli.call("PUT /v1/host/settings", { host, body, generation });
  cli.output.result(changed, () => render(changed.settings));
}
