/**
 * `node bench/blackout.ts`: the blackout of an idle guest on an unlimited wire, over moves to and fro. Prints a table and the
 * medians; keeps everything in bench/results/. `--moves 10`, `--speed 1gbit`, `--memory 256`, `--performance tcp`.
 * `--disk 256`: with a disk of so many MiB, in a pool that both hosts share or, with `--storage none`, moving along; the
 * guest writes to it all the time.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import {
  type MigrationOptions,
  type MigrationRecord,
  performanceOptions,
} from "../src/migration/record.ts";
import { createGuest, guestPorts } from "../lab/guest.ts";
import { endWithLab } from "../lab/end-with-lab.ts";
import { Lab } from "../lab/lab.ts";
import { rerunAsLabRoot } from "../lab/user-namespace.ts";
import { setTimeout as sleep } from "node:timers/promises";

const vm = "bench01";
const address = "10.77.0.60";
/** A move that takes longer is stuck. */
const moveMsMax = 300_000;
const settleMs = 500;

interface Sample {
  readonly totalMs: number;
  readonly blackoutMs: number;
  readonly qemuDowntimeMs: number;
  readonly clientGapMs: number;
  readonly bytesOnWire: number;
  readonly rounds: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      moves: { type: "string", default: "10" },
      memory: { type: "string", default: "256" },
      speed: { type: "string" },
      performance: { type: "string", default: "compression" },
      storage: { type: "string", default: "shared" },
      disk: { type: "string", default: "0" },
    },
  });
  const performance = performanceOptions.find((each) => each === values.performance);
  if (performance === undefined) throw new Error(`No performance option "${values.performance}"`);
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  endWithLab("bench");
  await using lab = await Lab.up({ name: "bench", speed: values.speed, say });
  const diskMib = Number(values.disk);
  const isShared = values.storage === "shared";
  if (!isShared) await lab.host("host-a").takeKernel();
  await createGuest(lab, {
    ...{ name: vm, host: "host-a", address, memoryMib: Number(values.memory) },
    ...{ pool: isShared ? "vms" : "local", ...(diskMib > 0 && { diskMib }) },
  });
  if (diskMib > 0) await lab.client.ask(address, guestPorts.disk, "write /dev/vda 3 50");
  await using watch = await lab.client.use(address, ["counter"]);
  const samples: Sample[] = [];
  for (let number = 0; number < Number(values.moves); number++) {
    await watch.mark();
    const options = { performance, ...(!isShared && { withStorage: true }) };
    const record = await moveTo(lab, number % 2 === 0 ? "host-b" : "host-a", options);
    await sleep(settleMs);
    const sample = toSample(record, (await watch.counter()).gapMsMax);
    samples.push(sample);
    process.stdout.write(
      `${Object.entries(sample)
        .map(([key, value]) => `${key} ${value}`)
        .join("  ")}\n`,
    );
  }
  const medians = medianOf(samples);
  process.stdout.write(`median of ${samples.length}: ${JSON.stringify(medians)}\n`);
  await mkdir("bench/results", { recursive: true });
  const file = `bench/results/blackout-${new Date().toISOString().replaceAll(":", "")}.json`;
  await writeFile(file, JSON.stringify({ options: values, medians, samples }, undefined, 2));
  say(`Kept in ${file}`);
}

async function moveTo(
  lab: Lab,
  target: string,
  options: MigrationOptions,
): Promise<MigrationRecord> {
  const host = lab.host("host-a");
  const started = await host.api("POST /v1/migrations", {
    body: { vm, target, options },
  });
  const deadline = Date.now() + moveMsMax;
  while (Date.now() < deadline) {
    const record = await host.api("GET /v1/migrations/{id}", { params: { id: started.id } });
    if (record.state === "completed") return record;
    if (record.endedAt !== null)
      throw new Error(`The move ${record.state}: ${record.error?.message}`);
    await sleep(50);
  }
  throw new Error(`The move to ${target} took longer than ${moveMsMax} ms`);
}

function toSample(record: MigrationRecord, clientGapMs: number): Sample {
  return {
    totalMs: Math.round((record.endedAt ?? 0) - record.requestedAt),
    blackoutMs: record.blackout?.totalMs ?? Number.NaN,
    qemuDowntimeMs: record.blackout?.qemuDowntimeMs ?? Number.NaN,
    clientGapMs,
    bytesOnWire: record.wireBytes,
    rounds: record.rounds.length,
  };
}

function medianOf(samples: readonly Sample[]): Record<string, number> {
  const keys = Object.keys(samples[0] ?? {}) as Array<keyof Sample>;
  return Object.fromEntries(
    keys.map((key) => {
      const values = samples.map((sample) => sample[key]).toSorted((a, b) => a - b);
      return [key, values[Math.floor(values.length / 2)] ?? Number.NaN];
    }),
  );
}

const elsewhere = await rerunAsLabRoot();
if (elsewhere === undefined) await main();
else process.exitCode = elsewhere;
