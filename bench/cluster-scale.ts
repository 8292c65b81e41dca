/**
 * A large cluster on real etcd: three members, three real agents with a real VM that moves between them, and simulated hosts that are agents without QEMU
 * (cluster-scale/simulated-host.ts). `--hosts 200 --vms 5000`. What it costs to begin, to be there, to be listed, to be planned and to lose a host.
 * Prints JSON; docs/scale.md says what it said.
 */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createGuest, guestDraft } from "../lab/guest.ts";
import { endWithLab } from "../lab/end-with-lab.ts";
import { Lab } from "../lab/lab.ts";
import type { LabHost } from "../lab/lab-host.ts";
import { rerunAsLabRoot } from "../lab/user-namespace.ts";
import type { VmPolicy } from "../src/vm/vm-policy.ts";
import { percentile } from "../src/base/percentile.ts";
import { cpuSeconds } from "./meter.ts";
import { keeperOf, Simulation } from "./cluster-scale/simulation.ts";

const vm = "web01";
const vmMiB = 128;
/** So few beats and looks that what a move asks of etcd can be told from them. */
const quietLeaseMs = 60_000;
/** A look of every host, an eighth of the lease after the last: what is written down after a move. */
const settleMs = 9_000;
const idleMs = 45_000;
const lookMs = 100;

const { values } = parseArgs({
  options: {
    hosts: { type: "string", default: "200" },
    vms: { type: "string", default: "5000" },
    lease: { type: "string", default: "15000" },
    /** How often the VM moves. */
    moves: { type: "string", default: "4" },
    /** How long nothing happens but beats and looks. */
    steady: { type: "string", default: "30" },
    /** How often the VMs are listed. */
    lists: { type: "string", default: "200" },
  },
});
const leaseMs = Number(values.lease);
const simulatedHosts = Number(values.hosts) - 3;
const vmsEach = Math.ceil(Number(values.vms) / simulatedHosts);

async function main(): Promise<void> {
  endWithLab("scale");
  await using lab = await Lab.up({ name: "scale", hosts: 3, guest: "small", agents: false });
  await Promise.all(lab.hosts.map((host) => host.agent.start()));
  await lab.start();
  const [a, b] = lab.hosts as [LabHost, LabHost, LabHost];
  await a.api("POST /v1/cluster", { body: { name: "scale", settings: { leaseMs } } });
  for (const host of lab.hosts.slice(1)) await host.api("POST /v1/cluster/join", { body: {} });
  await until(async () => (await clusterOf(a)).etcd.working === 3);
  // Each host learns of the new members, and asks its own first.
  for (const host of lab.hosts)
    await until(async () => keeperOf(host).endpoints.length === lab.hosts.length);
  say("three hosts have formed a cluster");

  const { definition } = await a.api("POST /v1/vms", { body: model() });
  await a.api("DELETE /v1/vms/{vm}", { params: { vm: "model" }, query: { disks: "delete" } });
  const simulated = definition.disks.map((disk) => ({ ...disk, pool: "simulated" }));
  using simulation = await Simulation.begin(
    lab,
    { ...definition, disks: simulated },
    { hosts: simulatedHosts, vmsEach, leaseMs },
  );
  if (Number(values.moves) > 0) await setLease(lab.hosts, quietLeaseMs);
  const perMove = Number(values.moves) > 0 ? await operationsOfMoves(lab, simulation) : null;
  say("a VM was moved", perMove);
  const alone = await memoryOf(lab.hosts);

  await setLease(lab.hosts, leaseMs);
  const entered = await simulation.all("enter");
  await simulation.all("open");
  say("all hosts are in the domain", entered);
  await simulation.all("record");
  await simulation.first("coordinate");
  const started = await simulation.all("start");
  say("all hosts hold their leases", started);

  const steady = await steadily(simulation);
  say("nothing happened for a while", steady);
  const lists = await listTimes(b);
  say("the VMs were listed", lists);
  const status = await times(5, async () => void (await clusterOf(b)));
  const balance = await times(3, async () => void (await b.api("GET /v1/cluster/balance")));
  const planned = await simulation.first("plan");
  say("every host's drain was planned", planned);
  const large = await memoryOf(lab.hosts);
  const ofAHost = await failover(simulation, 7);
  say("a host died", ofAHost);
  const ofTheCoordinator = await failover(simulation, 0);
  say("the coordinator died", ofTheCoordinator);
  const usage = await simulation.all("usage");
  // Minutes after the last list.
  const afterwards = await memoryOf(lab.hosts);
  const result = {
    ...{ hosts: simulatedHosts + 3, vms: vmsEach * simulatedHosts, leaseMs },
    etcdOperationsPerMove: perMove,
    enteredMs: most(entered, "enterMs"),
    startedMs: most(started, "startMs"),
    ...{ steady, lists, status, balance, planned },
    failover: { ofAHost, ofTheCoordinator },
    agentBytes: { inAClusterOfThree: alone, inThis: large, afterwards },
    simulatedRssBytesEach: Math.round(
      usage.reduce((sum, each) => sum + Number(each["rssBytes"]), 0) / simulatedHosts,
    ),
    hostsThatHeldTheirLease: usage.reduce((sum, each) => sum + Number(each["held"]), 0),
  };
  process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
}

/** What clients ask of etcd while the VM moves to and fro, less what they ask in as much time without a move. */
async function operationsOfMoves(lab: Lab, simulation: Simulation): Promise<object> {
  const [a, b] = lab.hosts as [LabHost, LabHost, LabHost];
  await createGuest(lab, {
    ...{ name: vm, host: a.name, address: "10.77.0.50", memoryMib: vmMiB, services: ["counter"] },
  });
  const body: VmPolicy = {
    ...{ priority: "normal", preferredHosts: [], possibleHosts: null, apart: [] },
  };
  await a.api("PUT /v1/vms/{vm}/cluster", { params: { vm }, body });
  await sleep(settleMs);
  const idle = {
    from: await simulation.meter(),
    to: (await sleep(idleMs), await simulation.meter()),
  };
  const idlePerMs = (idle.to.operations - idle.from.operations) / (idle.to.at - idle.from.at);
  const operations: number[] = [];
  for (let move = 0; move < Number(values.moves); move++) {
    const [from, to] = move % 2 === 0 ? [a, b] : [b, a];
    const before = await simulation.meter();
    const { id } = await from.api("POST /v1/migrations", { body: { vm, target: to.name } });
    await until(async () => {
      const { state, error } = await from.api("GET /v1/migrations/{id}", { params: { id } });
      if (state === "failed") throw new Error(error?.message);
      return state === "completed";
    });
    await sleep(settleMs);
    const after = await simulation.meter();
    const others = idlePerMs * (after.at - before.at);
    operations.push(round(after.operations - before.operations - others));
  }
  await a.api("POST /v1/vms/{vm}/power-off", { params: { vm } });
  return { each: operations, idlePerSecond: round(idlePerMs * 1000) };
}

/** Resolves when every host keeps to it. */
async function setLease(hosts: readonly LabHost[], lease: number): Promise<void> {
  const [first] = hosts;
  if (first === undefined) return;
  const { settings } = await clusterOf(first);
  await first.api("PUT /v1/cluster/settings", { body: { ...settings, leaseMs: lease } });
  for (const host of hosts)
    await until(async () => (await clusterOf(host)).settings.leaseMs === lease);
}

async function steadily(simulation: Simulation): Promise<object> {
  const before = { etcd: await simulation.meter(), usage: await simulation.all("usage") };
  await sleep(Number(values.steady) * 1000);
  const after = { etcd: await simulation.meter(), usage: await simulation.all("usage") };
  const seconds = (after.etcd.at - before.etcd.at) / 1000;
  const rate = (of: "operations" | "sentBytes" | "receivedBytes" | "cpuSeconds"): number =>
    round((after.etcd[of] - before.etcd[of]) / seconds);
  const cpu = (usage: typeof after.usage): number =>
    usage.reduce((sum, each) => sum + Number(each["cpuSeconds"]), 0);
  return {
    seconds: round(seconds),
    etcdPerSecond: {
      operations: rate("operations"),
      sentBytes: rate("sentBytes"),
      receivedBytes: rate("receivedBytes"),
      cpuSeconds: rate("cpuSeconds"),
    },
    etcdDataBytes: after.etcd.dataBytes,
    etcdRssBytes: after.etcd.rssBytes,
    simulatedCpuPerSecond: round((cpu(after.usage) - cpu(before.usage)) / seconds),
    held: after.usage.reduce((sum, each) => sum + Number(each["held"]), 0),
  };
}

/** As `ferry vm list` asks; and what each took of the asked agent's processor, which is all that hosts with processors of their own share. */
async function listTimes(host: LabHost): Promise<object> {
  using client = host.client();
  const wanted = vmsEach * simulatedHosts;
  const before = await cpuMsOf(host);
  const taken = await times(Number(values.lists), async () => {
    const { vms, unreachable } = await client.call("GET /v1/vms", { query: { scope: "domain" } });
    if (vms.length < wanted || unreachable.length > 0)
      throw new Error(`${vms.length} VMs, ${unreachable.length} silent hosts`);
  });
  const agentCpuMsEach = round(((await cpuMsOf(host)) - before) / Number(values.lists));
  return { ...taken, agentCpuMsEach };
}

/** Of its agent, since that began. */
async function cpuMsOf({ agent }: LabHost): Promise<number> {
  return (await cpuSeconds((await agent.pid()) ?? Number.NaN)) * 1000;
}

/** Until every VM of the host runs on another. */
async function failover(simulation: Simulation, number: number): Promise<object> {
  const from = performance.now();
  // Hosts are dealt out to the processes: the first has every third.
  const { ids, givenMs } = (await simulation.first(`kill ${number}`)) as {
    ids: string[];
    givenMs: number;
  };
  await until(async () => {
    const had = (await simulation.all(`has ${ids.join(",")}`)).flatMap(
      (each) => each["had"] as string[],
    );
    return new Set(had).size === ids.length;
  });
  return { vms: ids.length, givenMs: round(givenMs), startedMs: round(performance.now() - from) };
}

async function times(count: number, ask: () => Promise<void>): Promise<object> {
  const taken: number[] = [];
  for (let turn = 0; turn < count; turn++) {
    const from = performance.now();
    await ask();
    taken.push(performance.now() - from);
  }
  const [first = 0] = taken;
  const at = (percent: number): number => round(percentile(taken, percent) ?? 0);
  return { count, firstMs: round(first), medianMs: at(50), p99Ms: at(99), mostMs: at(100) };
}

async function clusterOf(host: LabHost) {
  const { cluster } = await host.api("GET /v1/cluster");
  if (cluster === null) throw new Error(`${host.name} is in no cluster`);
  return cluster;
}

/** Of the agents themselves: all that is resident, and the same with each page that processes share, such as the program's, divided by how many do. */
async function memoryOf(hosts: readonly LabHost[]): Promise<Record<string, number[]>> {
  const rollups = await Promise.all(
    hosts.map(async ({ agent }) => readFileSync(`/proc/${await agent.pid()}/smaps_rollup`, "utf8")),
  );
  const bytes = (name: string) =>
    rollups.map(
      (text) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1]) * 1024,
    );
  return { rss: bytes("Rss"), pss: bytes("Pss") };
}

/** As lab guests are, with a disk. */
function model() {
  return guestDraft({ name: "model", host: "host-a", address: "10.77.0.51", diskMib: 1 });
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(lookMs);
}

function most(answers: readonly Readonly<Record<string, unknown>>[], name: string): number {
  return round(Math.max(...answers.map((answer) => Number(answer[name]))));
}

function say(what: string, figures?: unknown): void {
  process.stderr.write(`${what}${figures === undefined ? "" : `: ${JSON.stringify(figures)}`}\n`);
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

const elsewhere = await rerunAsLabRoot();
if (elsewhere === undefined) await main();
else process.exitCode = elsewhere;
