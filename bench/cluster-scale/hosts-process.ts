/**
 * A process of simulated hosts, in the network of one of the lab's hosts. Told what to do by lines on standard input, answers each with a line of JSON:
 * `enter`, `open`, `record`, `start`, `usage`, `meter`, `kill NUMBER`, `has ID,…`, `coordinate`, `plan`.
 */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { EtcdClient } from "../../src/cluster/etcd-client.ts";
import { writeRecord } from "../../src/cluster/records.ts";
import { ClusterStore } from "../../src/cluster/store.ts";
import { clusterTimes } from "../../src/cluster/times.ts";
import { planDrain } from "../../src/scheduler/drain-plan.ts";
import { readEtcd } from "./etcd-meter.ts";
import { SimulatedHost, type SimulatedCluster } from "./simulated-host.ts";

export interface Orders extends SimulatedCluster {
  /** Numbers of this process's hosts. */
  readonly numbers: readonly number[];
  /** One for each. */
  readonly tokens: readonly string[];
  /** For what this process itself writes. */
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string };
}

const changesAtOnce = 50;
const recordMsMax = 60_000;
const lookMs = 50;
const mib = 2 ** 20;

const orders = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as Orders;
const hosts = orders.numbers.map((number) => new SimulatedHost(orders, number));
const { endpoints, tls } = orders;
const etcd = new EtcdClient(() => ({ endpoints, ...tls }));
const store = new ClusterStore(etcd, orders.id);

const commands: Readonly<Record<string, (argument: string) => Promise<object>>> = {
  enter: async () => {
    const from = performance.now();
    for (const [index, host] of hosts.entries()) await host.enter(orders.tokens[index] ?? "");
    return { enterMs: performance.now() - from };
  },
  open: async () => {
    for (const host of hosts) await host.open();
    return {};
  },
  record: async () => {
    const changes = hosts.flatMap((host) => host.records());
    for (let from = 0; from < changes.length; from += changesAtOnce)
      await etcd.transact(
        { changes: changes.slice(from, from + changesAtOnce) },
        { timeoutMs: recordMsMax },
      );
    return { records: changes.length };
  },
  /** All within one beat: hosts that start at the same time do not beat in the same millisecond. */
  start: async () => {
    const from = performance.now();
    const { beatMs } = clusterTimes(orders.leaseMs);
    for (const host of hosts) {
      host.start();
      await sleep(beatMs / hosts.length);
    }
    while (!hosts.every(({ holdsLease }) => holdsLease)) await sleep(lookMs);
    return { startMs: performance.now() - from };
  },
  /** Its first host coordinates from now on. */
  coordinate: async () => {
    const [first] = hosts;
    if (first === undefined) throw new Error("no hosts");
    const record = { host: first.id, name: first.name, since: 0, count: 1 };
    const change = { put: store.keys.coordinator, value: writeRecord(record) };
    await etcd.transact({ changes: [change] });
    return {};
  },
  meter: async () => await readEtcd({ endpoints, ...tls }),
  usage: async () => {
    const { user, system } = process.cpuUsage();
    const living = hosts.filter(({ isDead }) => !isDead);
    const held = living.filter(({ holdsLease }) => holdsLease).length;
    const rssBytes = process.memoryUsage.rss();
    return { cpuSeconds: (user + system) / 1e6, rssBytes, living: living.length, held };
  },
  /** Until all of its VMs belong to others. */
  kill: async (number) => {
    const host = hosts[Number(number)];
    if (host === undefined) throw new Error("no such host");
    const ids = host.vms.list().map(({ definition }) => definition.id);
    const from = performance.now();
    await host.die();
    const { hosts: present } = await store.hosts();
    const id = present.find(({ name }) => name === host.name)?.id ?? "";
    while ((await store.ownedBy(id)).length > 0) await sleep(lookMs);
    return { ids, givenMs: performance.now() - from };
  },
  /** Which of these VMs are started on a host of this process. */
  has: async (ids) => {
    const living = hosts.filter(({ isDead }) => !isDead);
    return { had: ids.split(",").filter((id) => living.some(({ vms }) => vms.has(id))) };
  },
  /** Every host of the cluster is asked for its room, and each one's VMs are planned away from it. */
  plan: async () => {
    const [first] = hosts;
    if (first === undefined) throw new Error("no hosts");
    const from = performance.now();
    const [{ hosts: present }, records] = await Promise.all([store.hosts(), store.vms()]);
    const rooms = await Promise.all(
      present.map(async ({ id, name }) => {
        const room = await first.cluster.parts.peers.room(id);
        return {
          id,
          host: name,
          memoryAvailableBytes: room.memoryAvailableBytes,
          vms: room.runningVms,
        };
      }),
    );
    const askedMs = performance.now() - from;
    let moves = 0;
    for (const { id } of present) {
      const targets = rooms.filter((room) => room.id !== id);
      const vms = records
        .filter(({ owner }) => owner === id)
        .map(({ definition }) => ({
          ...{ id: definition.id, name: definition.name, held: null },
          memoryBytes: definition.memory.mib * mib,
        }));
      const checks = vms.flatMap(({ id: vm }) =>
        targets.map(({ host }) => ({ vm, target: host, problems: [], warnings: 0, diskBytes: 0 })),
      );
      moves += planDrain(vms, targets, checks).moves.length;
    }
    return { hosts: present.length, moves, askedMs, plannedMs: performance.now() - from };
  },
};

process.stdout.write(`${JSON.stringify({ ready: hosts.length })}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  const [command = "", argument = ""] = line.split(" ");
  const answer = await commands[command]?.(argument).catch((error: unknown) => ({
    error: error instanceof Error ? error.stack : String(error),
  }));
  process.stdout.write(`${JSON.stringify(answer ?? { error: "unknown command" })}\n`);
}
process.exit(0);
