/**
 * A large cluster on real etcd: three members, three real agents, and simulated hosts that run the cluster's own code without QEMU. `--hosts 200`,
 * `--vms 5000`. What it costs to begin, to be there and to lose a host, and how fast a real agent answers about all of it. Prints JSON.
 */
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { guestDraft } from "../lab/guest.ts";
import { Lab } from "../lab/lab.ts";
import type { LabHost } from "../lab/lab-host.ts";
import { inNamespace } from "../lab/namespaces.ts";
import { rerunAsLabRoot } from "../lab/user-namespace.ts";
import { percentile } from "../src/base/percentile.ts";

const steadyMs = 60_000;
const asked = 50;
const ticksPerSecond = 100;

const { values } = parseArgs({
  options: {
    hosts: { type: "string", default: "200" },
    vms: { type: "string", default: "5000" },
    lease: { type: "string", default: "15000" },
  },
});

async function main(): Promise<void> {
  await using lab = await Lab.up({ name: "scale", hosts: 3, guest: "small" });
  const [a, b, c] = ["host-a", "host-b", "host-c"].map((name) => lab.host(name));
  if (a === undefined || b === undefined || c === undefined) throw new Error("three hosts");
  const leaseMs = Number(values.lease);
  await a.api("POST /v1/cluster", { body: { name: "scale", settings: { leaseMs } } });
  for (const host of [b, c]) await host.api("POST /v1/cluster/join", { body: {} });
  while ((await a.api("GET /v1/cluster")).cluster?.etcd.working !== 3) await sleep(200);
  const small = await memoryOf([a, b, c]);

  const hosts = Number(values.hosts) - 3;
  const vmsEach = Math.ceil(Number(values.vms) / hosts);
  const draft = guestDraft({ name: "model", host: "host-a", address: "10.77.0.50", diskMib: 1 });
  const { definition } = await a.api("POST /v1/vms", { body: draft });
  const keeper = JSON.parse(
    readFileSync(join(a.directory, "state/cluster/keeper.json"), "utf8"),
  ) as { cluster: string; endpoints: string[]; ca: string; cert: string; key: string };
  const { cluster: id, endpoints, ca, cert, key } = keeper;
  const orders = join(lab.directory, "orders.json");
  const directory = join(lab.directory, "simulated");
  writeFileSync(
    orders,
    JSON.stringify({
      ...{ id, leaseMs, endpoints, tls: { ca, cert, key }, directory, vmsEach, definition, hosts },
    }),
    { mode: 0o600 },
  );
  using simulated = new Simulated(a, orders);
  const started = await simulated.ask("start");

  const before = {
    sim: await simulated.ask("usage"),
    etcd: await etcdOf([a, b, c]),
    at: performance.now(),
  };
  await sleep(steadyMs);
  const after = {
    sim: await simulated.ask("usage"),
    etcd: await etcdOf([a, b, c]),
    at: performance.now(),
  };
  const seconds = (after.at - before.at) / 1000;
  const each = (from: number, to: number): number => round((to - from) / seconds);

  const statusMs: number[] = [];
  for (let turn = 0; turn < asked; turn++) {
    const from = performance.now();
    const { cluster } = await b.api("GET /v1/cluster");
    if ((cluster?.vms.length ?? 0) < Number(values.vms)) throw new Error("VMs are missing");
    statusMs.push(performance.now() - from);
  }
  const whole = await memoryOf([a, b, c]);
  const failover = await simulated.ask("kill 7");
  const coordinator = await simulated.ask("kill 0");
  const { cluster } = await b.api("GET /v1/cluster");
  process.stdout.write(
    `${JSON.stringify(
      {
        hosts: hosts + 3,
        vms: vmsEach * hosts,
        leaseMs,
        started,
        steady: {
          seconds: round(seconds),
          simulatedCpu: each(Number(before.sim["cpuSeconds"]), Number(after.sim["cpuSeconds"])),
          etcdCpu: each(before.etcd.cpuSeconds, after.etcd.cpuSeconds),
          hostsThatHeldTheirLease: after.sim["held"],
        },
        etcd: {
          dataBytes: cluster?.etcd.members.map(({ dataBytes }) => dataBytes),
          rssBytes: after.etcd.rssBytes,
        },
        status: {
          medianMs: round(percentile(statusMs, 50) ?? 0),
          p99Ms: round(percentile(statusMs, 99) ?? 0),
        },
        agentRssBytes: { alone: small, inTheLargeCluster: whole },
        failover: { ofAHost: failover, ofTheCoordinator: coordinator },
      },
      undefined,
      2,
    )}\n`,
  );
}

type Answer = Readonly<Record<string, unknown>>;

class Simulated implements Disposable {
  readonly #child;
  readonly #lines;

  constructor({ namespace }: LabHost, orders: string) {
    const program = join(import.meta.dirname, "cluster-scale/hosts-process.ts");
    const [command, args] = inNamespace(namespace, [process.execPath, program, orders]);
    this.#child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  #isReady = false;

  async ask(command: string): Promise<Answer> {
    if (!this.#isReady) await this.#lines.next();
    this.#isReady = true;
    this.#child.stdin.write(`${command}\n`);
    const { value } = await this.#lines.next();
    const answer = JSON.parse(String(value)) as Answer;
    if (answer["error"] !== undefined) throw new Error(`${command}: ${String(answer["error"])}`);
    process.stderr.write(`${command}: ${String(value)}\n`);
    return answer;
  }

  [Symbol.dispose](): void {
    this.#child.kill();
  }
}

/** Of the agents themselves. */
async function memoryOf(hosts: readonly LabHost[]): Promise<number[]> {
  return await Promise.all(hosts.map(async ({ agent }) => rssOf((await agent.pid()) ?? 0)));
}

async function etcdOf(
  hosts: readonly LabHost[],
): Promise<{ cpuSeconds: number; rssBytes: number[] }> {
  const pids = (await Promise.all(hosts.map((host) => host.processes()))).flat();
  const members = pids.filter((pid) => commandOf(pid).includes("--initial-cluster-token"));
  const cpuSeconds = members.map(cpuOf).reduce((sum, one) => sum + one, 0);
  return { cpuSeconds, rssBytes: members.map(rssOf) };
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return ""; // it has ended since it was listed
  }
}

function rssOf(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kib) * 1024;
}

function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

const elsewhere = await rerunAsLabRoot();
if (elsewhere === undefined) await main();
else process.exitCode = elsewhere;
