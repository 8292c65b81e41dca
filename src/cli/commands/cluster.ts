/** `ferry cluster`: hosts that keep each other's VMs running. */
import { readFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import type { ClusterCreate, ClusterStatus } from "../../api/schema/cluster.ts";
import { FerryError } from "../../base/errors.ts";
import type { Cli } from "../cli.ts";
import { confirm } from "../confirm.ts";
import { parseDuration } from "../quantities.ts";
import { defineClusterDisk, defineClusterVolume } from "./cluster-volume.ts";
import { defineClusterUpdate } from "./cluster-update.ts";
import { defineClusterFence } from "./cluster-fence.ts";
import { defineClusterCare } from "./cluster-care.ts";
import { renderCluster, renderClusterSettings } from "../render/cluster.ts";

interface EtcdOptions {
  readonly etcd?: string;
  readonly etcdCa?: string;
  readonly etcdCert?: string;
  readonly etcdKey?: string;
}

interface SettingOptions {
  readonly lease?: number;
  readonly etcdMembers?: string;
  readonly failover?: string;
  readonly maxMoves?: number | null;
}

export function defineCluster(command: Command, cli: Cli): void {
  defineCreate(command, cli);
  withCertificates(
    command
      .command("join")
      .description("let this host join the cluster of its domain")
      .argument("[name]", "which, where the domain has several"),
  ).action(async (name: string | undefined, options: EtcdOptions) => {
    const certificates = await readCertificates(options);
    const body = { ...(name !== undefined && { name }), ...(certificates && { certificates }) };
    show(cli, (await cli.call("POST /v1/cluster/join", { body })).cluster);
  });
  command
    .command("status")
    .description("show hosts, VMs and etcd of the cluster, and what is wrong with it")
    .action(async () => {
      const { cluster } = await cli.call("GET /v1/cluster");
      show(cli, cluster);
    });
  command
    .command("leave")
    .description("take this host out of its cluster; the last one takes the cluster with it")
    .option("--yes", "do not ask")
    .action(async ({ yes }: { yes?: boolean }) => {
      await confirm({
        consequence: "This host keeps none of the cluster's VMs running any more",
        action: "leave the cluster",
        yes,
      });
      await cli.call("POST /v1/cluster/leave");
      cli.output.result({}, () => "This host has left the cluster");
    });
  command
    .command("forget")
    .description("take a host out that is gone for good; another gets its member of etcd")
    .argument("<host>", "its name")
    .option("--yes", "do not ask")
    .action(async (host: string, { yes }: { yes?: boolean }) => {
      await confirm({
        consequence: `Host "${host}" has to join anew if it ever comes back`,
        action: `forget host "${host}"`,
        yes,
      });
      show(cli, (await cli.call("POST /v1/cluster/forget", { body: { host } })).cluster);
    });
  command
    .command("replace-member")
    .description(
      "take a host's member of etcd out, whose data are lost or whose host is away for long; a host gets a new one",
    )
    .argument("<host>", "whose member it is")
    .option("--yes", "do not ask")
    .action(async (host: string, { yes }: { yes?: boolean }) => {
      await confirm({
        consequence: `Until a new member has caught up, etcd has one member less; what that of host "${host}" holds is removed`,
        action: `replace the member of host "${host}"`,
        yes,
      });
      const { cluster } = await cli.call("POST /v1/cluster/replace-member", { body: { host } });
      show(cli, cluster);
    });
  defineSettings(command, cli);
  defineClusterCare(command, cli);
  defineClusterUpdate(command, cli);
  defineClusterFence(command, cli);
  defineClusterVolume(command, cli);
  defineClusterDisk(command, cli);
}

function defineCreate(command: Command, cli: Cli): void {
  withSettings(
    withCertificates(
      command
        .command("create")
        .description("create a cluster with this host as its first")
        .argument("<name>", "what it is called")
        .option(
          "--etcd <endpoints>",
          "an etcd that exists: its https addresses, with commas between (Ferry sets one up)",
        ),
    ),
  ).action(async (name: string, options: EtcdOptions & SettingOptions) => {
    const certificates = await readCertificates(options);
    const endpoints = endpointsOf(options);
    const body: ClusterCreate = {
      name,
      ...(endpoints && { etcd: { endpoints, ...(certificates && { certificates }) } }),
      settings: settingsOf(options),
    };
    show(cli, (await cli.call("POST /v1/cluster", { body })).cluster);
  });
}

function defineSettings(command: Command, cli: Cli): void {
  command
    .command("settings")
    .description("show the cluster's settings")
    .action(async () => {
      const { settings } = await requireCluster(cli);
      cli.output.result(settings, () => renderClusterSettings(settings));
    });
  withSettings(command.command("set").description("change the cluster's settings")).action(
    async (options: SettingOptions) => {
      const { settings } = await requireCluster(cli);
      const body = { ...settings, ...settingsOf(options) };
      const { cluster } = await cli.call("PUT /v1/cluster/settings", { body });
      cli.output.result(cluster?.settings ?? body, () => renderClusterSettings(body));
    },
  );
}

function withCertificates(command: Command): Command {
  return command
    .option("--etcd-ca <file>", "whom to believe there (the domain's authority)")
    .option("--etcd-cert <file>", "what to show there (this host's certificate)")
    .option("--etcd-key <file>", "its key");
}

function withSettings(command: Command): Command {
  return command
    .option(
      "--lease <duration>",
      "how long a host may be silent before its VMs start elsewhere, such as 15s",
      parseDuration,
    )
    .addOption(
      new Option("--etcd-members <count>", "members that Ferry looks after").choices([
        "1",
        "3",
        "5",
      ]),
    )
    .option("--max-moves <count>", "moves at once in the whole cluster, or none", parseMoves)
    .addOption(
      new Option("--failover <state>", "whether a dead host's VMs start elsewhere").choices([
        "on",
        "off",
      ]),
    );
}

function settingsOf(options: SettingOptions): Partial<ClusterStatus["settings"]> {
  const { lease, etcdMembers, failover, maxMoves } = options;
  return {
    ...(lease !== undefined && { leaseMs: lease }),
    ...(etcdMembers !== undefined && { etcdMembers: Number(etcdMembers) as 1 | 3 | 5 }),
    ...(failover !== undefined && { failover: failover === "on" }),
    ...(maxMoves !== undefined && { movesMax: maxMoves }),
  };
}

/** @throws FerryError `bad-input`. */
function parseMoves(text: string): number | null {
  if (text === "none") return null;
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw new FerryError("bad-input", `Cannot allow "${text}" moves at once`, {
    remedy: "Give a number from 1 to 999, or none for no limit",
  });
}

function endpointsOf({ etcd }: EtcdOptions): string[] | undefined {
  const endpoints = etcd?.split(",").map((endpoint) => endpoint.trim());
  const plain = endpoints?.find((endpoint) => !/^https:\/\/[^/ ]+$/.test(endpoint));
  if (plain === undefined) return endpoints;
  throw new FerryError("bad-input", `Cannot use etcd at "${plain}": Ferry speaks to it over TLS`, {
    remedy: "Give addresses such as https://10.0.0.1:2379, with commas between",
  });
}

async function readCertificates({ etcdCa, etcdCert, etcdKey }: EtcdOptions) {
  if (etcdCa === undefined && etcdCert === undefined && etcdKey === undefined) return undefined;
  if (etcdCa === undefined || etcdCert === undefined || etcdKey === undefined) {
    throw new FerryError("bad-input", "Cannot use etcd's certificates: three files are wanted", {
      remedy: "Give --etcd-ca, --etcd-cert and --etcd-key, or none of them",
    });
  }
  const [ca, cert, key] = await Promise.all([etcdCa, etcdCert, etcdKey].map(readPem));
  return { ca: ca ?? "", cert: cert ?? "", key: key ?? "" };
}

async function readPem(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new FerryError("bad-input", `Cannot read "${file}"`, {
      remedy: "Give a readable PEM file",
      cause,
    });
  }
}

async function requireCluster(cli: Cli): Promise<ClusterStatus> {
  const { cluster } = await cli.call("GET /v1/cluster");
  if (cluster !== null) return cluster;
  throw new FerryError("not-found", "This host is in no cluster", {
    remedy: "Create one with `ferry cluster create`, or join one with `ferry cluster join`",
  });
}

function show(cli: Cli, cluster: ClusterStatus | null): void {
  cli.output.result({ cluster }, () =>
    cluster === null ? "This host is in no cluster" : renderCluster(cluster, cli.output.style),
  );
  if (cluster === null) {
    cli.output.note(
      "Create one with `ferry cluster create`, or join one with `ferry cluster join`",
    );
  }
}
