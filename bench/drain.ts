/**
 * Empties a host of real guests, each with a client outside, and fills it again: limits kept on both hosts, no connection
 * broken, nothing lost, and how long it took against what the link allows. `--vms 12`, `--memory 256`, `--speed 1gbit`.
 * Ends with 1 when something was lost.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { Watch } from "../lab/client/outside-client.ts";
import { createGuest } from "../lab/guest.ts";
import { endWithLab } from "../lab/end-with-lab.ts";
import { Lab } from "../lab/lab.ts";
import { mostAtOnce } from "../lab/most-at-once.ts";
import { rerunAsLabRoot } from "../lab/user-namespace.ts";
import { percentile } from "../src/base/percentile.ts";
import type { MigrationRecord } from "../src/migration/record.ts";

/** A drain that takes longer is stuck. */
const drainMsMax = 1_800_000;
/** The guests are mostly idle, and there are many of them on few processors. */
const counterEveryMs = 50;

interface Outcome {
  readonly what: string;
  readonly vms: number;
  readonly seconds: number;
  /** Bytes on the wire over the link's speed: no drain is faster. Null without a speed. */
  readonly boundSeconds: number | null;
  readonly mostOutgoing: number;
  readonly mostIncoming: number;
  readonly blackoutMsMedian: number | null;
  readonly lostLines: number;
  readonly brokenConnections: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      vms: { type: "string", default: "12" },
      memory: { type: "string", default: "256" },
      speed: { type: "string", default: "1gbit" },
    },
  });
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  endWithLab("drains");
  await using lab = await Lab.up({ name: "drains", speed: values.speed, say });
  await using watches = new AsyncDisposableStack();
  const clients: Watch[] = [];
  for (let number = 0; number < Number(values.vms); number++) {
    const address = `10.77.0.${50 + number}`;
    const memoryMib = Number(values.memory);
    await createGuest(lab, { name: `vm${number}`, host: "host-a", address, memoryMib });
    clients.push(watches.use(await lab.client.use(address, ["counter"], counterEveryMs)));
    say(`vm${number} answers`);
  }
  const outcomes = [
    await measure("drain", lab, clients, values.speed, "host-a", () => drain(lab)),
    await measure("resume --return", lab, clients, values.speed, "host-b", () => bringBack(lab)),
  ];
  process.stdout.write(`${JSON.stringify(outcomes, undefined, 2)}\n`);
  const wrong = outcomes.some(
    ({ mostOutgoing, mostIncoming, lostLines, brokenConnections }) =>
      mostOutgoing > 2 || mostIncoming > 2 || lostLines > 0 || brokenConnections > 0,
  );
  if (wrong) process.exitCode = 1;
}

async function drain(lab: Lab): Promise<string[]> {
  const host = lab.host("host-a");
  const plan = await host.api("POST /v1/host/drain/plan", { body: { to: ["host-b"] } });
  const moves = plan.moves.map(({ vm, target }) => ({ vm: vm.id, target }));
  const status = await host.api("POST /v1/host/drain", { body: { moves } });
  return status.moves.map(({ migration }) => migration);
}

async function bringBack(lab: Lab): Promise<string[]> {
  const { returns } = await lab
    .host("host-a")
    .api("POST /v1/host/resume", { body: { return: true } });
  return returns.flatMap(({ migration }) => migration ?? []);
}

async function measure(
  what: string,
  lab: Lab,
  clients: readonly Watch[],
  speed: string,
  from: string,
  begin: () => Promise<string[]>,
): Promise<Outcome> {
  for (const client of clients) await client.mark();
  const begun = performance.now();
  const ids = await begin();
  const records = await ended(lab, from, ids);
  const seconds = (performance.now() - begun) / 1000;
  const failures = records.flatMap(({ error }) => error?.message ?? []);
  if (failures.length > 0 || ids.length < clients.length) {
    throw new Error(`${what}: ${ids.length} of ${clients.length} moves; ${failures.join("; ")}`);
  }
  const counters = await Promise.all(clients.map((client) => client.counter()));
  const wireBits = records.reduce((sum, { wireBytes }) => sum + wireBytes * 8, 0);
  const bitsPerSecond = /^(\d+)gbit$/.exec(speed)?.[1];
  return {
    ...{ what, vms: ids.length, seconds },
    boundSeconds: bitsPerSecond === undefined ? null : wireBits / (Number(bitsPerSecond) * 1e9),
    mostOutgoing: mostAtOnce(records),
    mostIncoming: mostAtOnce(
      await recordsOf(lab, from === "host-a" ? "host-b" : "host-a", "target"),
    ),
    blackoutMsMedian: percentile(
      records.flatMap(({ blackout }) => blackout?.totalMs ?? []),
      50,
    ),
    lostLines: counters.reduce((sum, { lost, duplicates }) => sum + lost + duplicates, 0),
    brokenConnections: counters.reduce((sum, { errors }) => sum + errors, 0),
  };
}

async function ended(lab: Lab, from: string, ids: readonly string[]): Promise<MigrationRecord[]> {
  const deadline = performance.now() + drainMsMax;
  while (performance.now() < deadline) {
    const records = (await recordsOf(lab, from, "source")).filter(({ id }) => ids.includes(id));
    if (records.length === ids.length && records.every(({ endedAt }) => endedAt !== null))
      return records;
    await sleep(200);
  }
  throw new Error(`The moves from ${from} took longer than ${drainMsMax} ms`);
}

async function recordsOf(
  lab: Lab,
  host: string,
  role: MigrationRecord["role"],
): Promise<MigrationRecord[]> {
  const { migrations } = await lab.host(host).api("GET /v1/migrations", { query: { limit: 1000 } });
  return migrations.filter((record) => record.role === role);
}

const elsewhere = await rerunAsLabRoot();
if (elsewhere === undefined) await main();
else process.exitCode = elsewhere;
