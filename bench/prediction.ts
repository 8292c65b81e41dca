/**
 * `node bench/prediction.ts`: what the check expects of a move, against the move itself, for ten moves of different load: an idle
 * guest, guests of two sizes, guests that write memory at several rates, and a slower wire. Prints a table and how many are
 * within a factor of 1.5 for the time and of 2 for the blackout. A first move of each host goes before them, which is shown and not
 * counted: its agent has not yet compiled its code, and knows nothing of this host. `--only 1,4` makes some of them, `--save FILE` keeps what was
 * expected and the records of the moves.
 */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import type { CheckReport, Prediction } from "../src/api/schema/check.ts";
import { formatBytes, formatDuration } from "../src/base/format.ts";
import type { MigrationRecord } from "../src/migration/record.ts";
import { createGuest, guestPorts } from "../lab/guest.ts";
import { endWithLab } from "../lab/end-with-lab.ts";
import { Lab } from "../lab/lab.ts";
import { rerunAsLabRoot } from "../lab/user-namespace.ts";

interface Load {
  readonly vm: "small" | "large";
  readonly what: string;
  /** The guest changes that many MiB of memory a second; 0: it is left alone. */
  readonly writesMiBPerSecond: number;
  readonly wire?: string;
}

const guests = {
  small: { address: "10.77.0.60", memoryMib: 256 },
  large: { address: "10.77.0.61", memoryMib: 640 },
} as const;

/** From each host to the other. */
const firsts: readonly Load[] = [
  { vm: "small", what: "first of host-a", writesMiBPerSecond: 0 },
  { vm: "small", what: "first of host-b", writesMiBPerSecond: 0 },
];

const loads: readonly Load[] = [
  { vm: "small", what: "idle", writesMiBPerSecond: 0 },
  { vm: "large", what: "idle, larger", writesMiBPerSecond: 0 },
  { vm: "small", what: "writes a little", writesMiBPerSecond: 1 },
  { vm: "large", what: "idle, larger, again", writesMiBPerSecond: 0 },
  { vm: "small", what: "writes", writesMiBPerSecond: 4 },
  { vm: "large", what: "larger, writes", writesMiBPerSecond: 4 },
  { vm: "small", what: "writes more", writesMiBPerSecond: 8 },
  { vm: "small", what: "idle, wire of 200 Mbit/s", writesMiBPerSecond: 0, wire: "200mbit" },
  { vm: "small", what: "writes, wire of 200 Mbit/s", writesMiBPerSecond: 2, wire: "200mbit" },
  { vm: "large", what: "idle, wire of 200 Mbit/s", writesMiBPerSecond: 0, wire: "200mbit" },
];
const pagesPerMiB = 256;
const settleMs = 2_000;
const moveMsMax = 300_000;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { only: { type: "string" }, save: { type: "string" } },
  });
  const chosen = values.only?.split(",").map(Number);
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  endWithLab("predict");
  await using lab = await Lab.up({ name: "predict", say });
  for (const [name, { address, memoryMib }] of Object.entries(guests)) {
    await createGuest(lab, { name, host: "host-a", address, memoryMib });
    await lab.client.ask(address, guestPorts.memory, `fill ${memoryMib / 4} 1`);
  }
  for (const load of firsts) {
    const { expected, record } = await predictAndMove(lab, load);
    process.stdout.write(line("–", load, expected, record));
  }
  const rows: { time: number; blackout: number }[] = [];
  const kept: object[] = [];
  for (const [index, load] of loads.entries()) {
    if (chosen !== undefined && !chosen.includes(index + 1)) continue;
    for (const host of ["host-a", "host-b"]) {
      await lab.wire(`${host}.lan`).setSpeed(load.wire ?? null);
    }
    const { expected, record } = await predictAndMove(lab, load);
    kept.push({ load, expected, record });
    rows.push(factors(expected, record));
    process.stdout.write(line(String(index + 1), load, expected, record));
  }
  if (values.save !== undefined) await writeFile(values.save, JSON.stringify(kept, undefined, 2));
  const good = rows.filter(({ time, blackout }) => time <= 1.5 && blackout <= 2).length;
  process.stdout.write(`${good} of ${rows.length} within 1.5 (time) and 2 (blackout)\n`);
}

function factors(expected: Prediction, record: MigrationRecord) {
  return {
    time: factor(expected.totalMs, totalMs(record)),
    blackout: factor(expected.blackoutMs, record.blackout?.totalMs ?? 0),
  };
}

function totalMs({ startedAt, endedAt }: MigrationRecord): number {
  return (endedAt ?? 0) - (startedAt ?? 0);
}

function line(name: string, load: Load, expected: Prediction, record: MigrationRecord): string {
  const off = factors(expected, record);
  const cells = [
    ...[name, load.what],
    ...[formatDuration(expected.totalMs), formatDuration(totalMs(record)), off.time.toFixed(2)],
    ...[formatDuration(expected.blackoutMs), formatDuration(record.blackout?.totalMs ?? 0)],
    ...[off.blackout.toFixed(2), formatBytes(expected.wireBytes), formatBytes(record.wireBytes)],
    String(expected.pastMoves),
  ];
  return `| ${cells.join(" | ")} |\n`;
}

/** How far off, whichever way: 1 is exact. */
function factor(expected: number, measured: number): number {
  return Math.max(expected / measured, measured / expected);
}

async function predictAndMove(lab: Lab, { vm, writesMiBPerSecond }: Load) {
  const { vms } = await lab.host("host-a").api("GET /v1/vms", { query: { scope: "domain" } });
  const source = vms.find(({ name }) => name === vm)?.host ?? "";
  const target = source === "host-a" ? "host-b" : "host-a";
  const { address } = guests[vm];
  const ask = (line: string) => lab.client.ask(address, guestPorts.memory, line);
  await ask(`churn ${writesMiBPerSecond * pagesPerMiB}`);
  await sleep(settleMs);
  const body = { vm, target };
  const report: CheckReport = await lab.host(source).api("POST /v1/checks", { body });
  if (!report.prediction) throw new Error(report.predictionMissing ?? "no prediction");
  const { id } = await lab.host(source).api("POST /v1/migrations", { body });
  const record = await ended(lab, source, id);
  await ask("churn 0");
  return { expected: report.prediction, record };
}

async function ended(lab: Lab, host: string, id: string): Promise<MigrationRecord> {
  const deadline = performance.now() + moveMsMax;
  for (;;) {
    const record = await lab.host(host).api("GET /v1/migrations/{id}", { params: { id } });
    if (record.state === "completed") return record;
    if (record.endedAt !== null) throw new Error(record.error?.message ?? record.state);
    if (performance.now() > deadline) throw new Error(`the move ${id} does not end`);
    await sleep(100);
  }
}

const elsewhere = await rerunAsLabRoot();
if (elsewhere === undefined) await main();
else process.exitCode = elsewhere;
