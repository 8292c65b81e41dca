/**
 * The process of the simulated hosts, in the network of the lab's first host, whose certificate it shows. Told what to do by lines on standard input, answers
 * each with a line of JSON: `start`, `kill N`, `usage`.
 */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { EtcdClient } from "../../src/cluster/etcd-client.ts";
import { ClusterStore } from "../../src/cluster/store.ts";
import { writeRecord } from "../../src/cluster/records.ts";
import { SimulatedHost, type SimulatedCluster } from "./simulated-host.ts";

interface Orders extends Omit<SimulatedCluster, "room"> {
  readonly hosts: number;
}

const changesAtOnce = 100;
const lookMs = 50;
const gib = 2 ** 30;

const orders = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as Orders;
const hosts: SimulatedHost[] = [];
const dead = new Set<string>();
const room = (id: string) => {
  const host = hosts.find((each) => each.id === id);
  if (host === undefined || dead.has(id)) throw new Error("it does not answer");
  return {
    ...{ memoryAvailableBytes: 256 * gib, memoryTotalBytes: 512 * gib, threads: 64 },
    ...{ runningVms: host.vms.size, drained: false, pools: ["vms"], switches: ["lan"] },
  };
};
for (let number = 0; number < orders.hosts; number++)
  hosts.push(new SimulatedHost({ ...orders, room }, number));
const { endpoints, tls } = orders;
const etcd = new EtcdClient(() => ({ endpoints, ...tls }));
const store = new ClusterStore(etcd, orders.id);

const commands: Readonly<Record<string, (argument: number) => Promise<object>>> = {
  /** The records first, then all hosts at once. */
  start: async () => {
    const changes = hosts.flatMap((host) => host.records());
    for (let from = 0; from < changes.length; from += changesAtOnce)
      await etcd.transact({ changes: changes.slice(from, from + changesAtOnce) });
    const [first] = hosts;
    if (first === undefined) throw new Error("no hosts");
    // A simulated one coordinates: it knows how to ask the others.
    const coordinator = { host: first.id, name: first.name, since: 0, count: 1 };
    const key = store.keys.coordinator;
    await etcd.transact({ changes: [{ put: key, value: writeRecord(coordinator) }] });
    const from = performance.now();
    for (const host of hosts) host.start();
    while (!hosts.every(({ holdsLease }) => holdsLease)) await sleep(lookMs);
    return { startMs: performance.now() - from, records: changes.length };
  },
  /** Until all of its VMs belong to others. */
  kill: async (number) => {
    const host = hosts[number];
    if (host === undefined) throw new Error("no such host");
    const from = performance.now();
    dead.add(host.id);
    await host.die();
    while ((await store.ownedBy(host.id)).length > 0) await sleep(lookMs);
    const givenMs = performance.now() - from;
    const ids = [...host.vms.keys()];
    const living = hosts.filter(({ id }) => !dead.has(id));
    while (!ids.every((id) => living.some(({ vms }) => vms.has(id)))) await sleep(lookMs);
    return { vms: ids.length, givenMs, startedMs: performance.now() - from };
  },
  usage: async () => {
    const { user, system } = process.cpuUsage();
    const held = hosts.filter(({ id, holdsLease }) => !dead.has(id) && holdsLease).length;
    return { cpuSeconds: (user + system) / 1e6, rssBytes: process.memoryUsage.rss(), held };
  },
};

process.stdout.write(`${JSON.stringify({ ready: hosts.length })}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  const [command = "", argument = "0"] = line.split(" ");
  const answer = await commands[command]?.(Number(argument)).catch((error: unknown) => ({
    error: String(error),
  }));
  process.stdout.write(`${JSON.stringify(answer ?? { error: "unknown command" })}\n`);
}
process.exit(0);
