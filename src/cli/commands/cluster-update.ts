/**
 * `ferry cluster update`: one host after the other is emptied, worked on, and filled again; the first trouble stops it. The command runs where this
 * one does, with the host's name in its environment: an API that runs commands on hosts would be the most dangerous thing on them.
 */
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import type { ClusterHost, ClusterStatus } from "../../api/schema/cluster.ts";
import { FerryError } from "../../base/errors.ts";
import { formatCount } from "../../base/format.ts";
import type { Cli } from "../cli.ts";
import { confirm } from "../confirm.ts";
import { parseDuration } from "../quantities.ts";
import { drain } from "./host-drain.ts";

const lookEveryMs = 1_000;
/** A reboot, with memory that is tested. */
const healthMsMax = 900_000;

interface UpdateOptions {
  readonly run: string;
  readonly reboot?: true;
  readonly hosts?: string;
  readonly wait: number;
  readonly yes?: boolean;
}

export function defineClusterUpdate(command: Command, cli: Cli): void {
  command
    .command("update")
    .description(
      "empty, work on and fill again one host after the other; stops at the first trouble",
    )
    .requiredOption(
      "--run <command>",
      "run here by sh for each host, with FERRY_HOST its name and FERRY_ADDRESS its address; such as 'ssh root@$FERRY_ADDRESS apt-get -y upgrade'",
    )
    .option(
      "--reboot",
      "reboot each host after that: a command that does so itself can't say when the host is back",
    )
    .option("--hosts <hosts>", "only these, with commas between, in that order (all)")
    .option(
      "--wait <duration>",
      "how long a host may take to be well again",
      parseDuration,
      healthMsMax,
    )
    .option("--yes", "do not ask")
    .action((options: UpdateOptions) => update(cli, options));
}

async function update(cli: Cli, options: UpdateOptions): Promise<void> {
  const status = requireWell(await statusOf(cli), undefined);
  const { hosts: roster } = await cli.call("GET /v1/hosts");
  const addresses = addressesOf(options, status, roster);
  const hosts = [...addresses.keys()];
  await confirm({
    consequence: `${formatCount(hosts.length, "host")} will be emptied one after the other, and "${options.run}" runs for each${options.reboot ? ", which then reboots" : ""}: ${hosts.join(", ")}`,
    action: "update the cluster",
    yes: options.yes,
  });
  const done: string[] = [];
  for (const [host, address] of addresses) {
    cli.output.line(`${host}: is emptied`);
    await drain(cli, host, { yes: true });
    if (cli.exitCode !== 0) throw stopped(host, done, "not all of its VMs could leave");
    cli.output.line(`${host}: ${options.run}`);
    const code = await runCommand(options.run, host, address);
    if (code !== 0) throw stopped(host, done, `the command ended with ${code}`);
    if (options.reboot === true) await reboot(cli, host, options.wait, done);
    cli.output.line(`${host}: is waited for`);
    await untilWell(cli, host, options.wait, done);
    await fill(cli, host, done);
    done.push(host);
  }
  cli.output.result(
    { done },
    () => `${formatCount(done.length, "host")} updated: ${done.join(", ")}`,
  );
}

/**
 * The hosts in their order, with their addresses; all of it is held against the cluster before the first host is touched.
 * @throws FerryError `bad-input`, `not-found`.
 */
export function addressesOf(
  { run, hosts }: Pick<UpdateOptions, "run" | "hosts">,
  status: Pick<ClusterStatus, "hosts">,
  roster: readonly { readonly name: string; readonly address: string | null }[],
): Map<string, string> {
  if (run.trim() === "") {
    throw new FerryError("bad-input", "Cannot update the cluster: the command is empty", {
      remedy: "Say what is to be run for each host: --run 'ssh root@$FERRY_ADDRESS …'",
    });
  }
  const present = status.hosts.map(({ name }) => name);
  const named = hosts?.split(",").map((name) => name.trim()) ?? present;
  const twice = named.find((name, index) => named.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new FerryError("bad-input", `Cannot update the cluster: host "${twice}" is named twice`, {
      remedy: "Name each host once in --hosts",
    });
  }
  return new Map(
    named.map((name) => {
      const address = roster.find((host) => host.name === name)?.address;
      if (present.includes(name) && typeof address === "string") return [name, address];
      throw new FerryError(
        "not-found",
        `Cannot update host "${name}": the cluster has ${present.join(", ")}`,
        { remedy: "Name hosts of the cluster in --hosts" },
      );
    }),
  );
}

/** Resolves when the agent of the next boot answers: it forgets the shutdown that the one before began. */
async function reboot(
  cli: Cli,
  host: string,
  waitMs: number,
  done: readonly string[],
): Promise<void> {
  cli.output.line(`${host}: reboots`);
  const deadline = performance.now() + waitMs;
  const body = { withStorage: false, moves: [], end: "reboot" as const };
  let { since } = await cli.call("POST /v1/host/shutdown", { host, body });
  while (since !== null) {
    if (performance.now() > deadline) throw stopped(host, done, "it did not come back");
    await sleep(lookEveryMs);
    try {
      ({ since } = await cli.call("GET /v1/host/shutdown", { host }));
    } catch {
      // It is down.
    }
  }
}

async function fill(cli: Cli, host: string, done: readonly string[]): Promise<void> {
  const { returns } = await cli.call("POST /v1/host/resume", { host, body: { return: true } });
  for (const { vm, migration, reason } of returns) {
    if (migration === null) throw stopped(host, done, `${vm.name} does not come back: ${reason}`);
    let record = await cli.call("GET /v1/migrations/{id}", { params: { id: migration } });
    while (record.endedAt === null) {
      await sleep(lookEveryMs);
      record = await cli.call("GET /v1/migrations/{id}", { params: { id: migration } });
    }
    if (record.state !== "completed") {
      throw stopped(
        host,
        done,
        `${vm.name} does not come back: ${record.error?.message ?? record.state}`,
      );
    }
  }
  cli.output.line(`${host}: ${formatCount(returns.length, "VM")} back`);
}

async function untilWell(
  cli: Cli,
  host: string,
  waitMs: number,
  done: readonly string[],
): Promise<void> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    try {
      const status = requireWell(await statusOf(cli), host);
      // The host itself has to answer too, not only its lease.
      if (status !== undefined && (await cli.call("GET /v1/host", { host })).name === host) return;
    } catch (cause) {
      if (performance.now() > deadline) {
        throw stopped(host, done, `it is not well: ${FerryError.from(cause).message}`);
      }
    }
    await sleep(lookEveryMs);
  }
}

async function statusOf(cli: Cli): Promise<ClusterStatus> {
  const { cluster } = await cli.call("GET /v1/cluster");
  if (cluster !== null) return cluster;
  throw new FerryError("not-found", "This host is in no cluster", {
    remedy: "Create one with `ferry cluster create`, or join one with `ferry cluster join`",
  });
}

/** @throws FerryError naming what is not well. */
function requireWell(status: ClusterStatus, host: string | undefined): ClusterStatus {
  const { etcd, hosts } = status;
  const isIll = ({ name, state }: ClusterHost): boolean =>
    state !== "alive" && (host === undefined || name === host);
  const ill = hosts.find(isIll);
  const problem =
    ill !== undefined
      ? `host "${ill.name}" is ${ill.state}`
      : etcd.working < etcd.voters
        ? `${etcd.voters - etcd.working} of etcd's members do not work`
        : undefined;
  if (problem === undefined) return status;
  throw new FerryError("conflict", `Cannot update the cluster: ${problem}`, {
    remedy: "See: ferry cluster status",
  });
}

function stopped(host: string, done: readonly string[], why: string): FerryError {
  const before =
    done.length === 0 ? "none was updated before" : `updated before: ${done.join(", ")}`;
  return new FerryError("conflict", `The update stops at host "${host}": ${why} (${before})`, {
    remedy: `Mend it, then open the host (ferry host resume ${host} --return) and go on with the others: --hosts`,
  });
}

function runCommand(command: string, host: string, address: string): Promise<number | string> {
  const { promise, resolve, reject } = Promise.withResolvers<number | string>();
  // N.B. the person's own command, in their own shell; its output is no part of --json.
  const child = spawn("/bin/sh", ["-c", command], {
    stdio: ["inherit", process.stderr, process.stderr],
    env: { ...process.env, FERRY_HOST: host, FERRY_ADDRESS: address },
  });
  child.on("error", reject);
  child.on("exit", (code, signal) => resolve(code ?? signal ?? 1));
  return promise;
}
