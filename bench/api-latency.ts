/**
 * `node bench/api-latency.ts`: how long the API of either agent takes to answer while a VM moves as fast as the machine can, beside
 * the same with nothing else to do. The guest's memory is full of random bytes and the link has no limit. `GET /v1/vms` is asked of both
 * hosts every 20 ms. `--performance tcp,compression`, `--memory 1024`.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createGuest } from "../lab/guest.ts";
import { endWithLab } from "../lab/end-with-lab.ts";
import { Lab } from "../lab/lab.ts";
import { performanceOptions } from "../src/migration/record.ts";
import { RunningWorkload } from "./workload-run.ts";

const vm = "bench01";
const address = "10.77.0.60";
const everyMs = 20;
const restMs = 5_000;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      memory: { type: "string", default: "1024" },
      performance: { type: "string", default: performanceOptions.slice(0, 2).join(",") },
    },
  });
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  endWithLab("apilat");
  await using lab = await Lab.up({ name: "apilat", say });
  await createGuest(lab, { name: vm, host: "host-a", address, memoryMib: Number(values.memory) });
  await using parts = new AsyncDisposableStack();
  parts.use(await RunningWorkload.start(lab, address, "incompressible"));
  print("nothing else to do", await answersDuring(lab, sleep(restMs)));
  for (const name of values.performance.split(",")) {
    const performance = performanceOptions.find((each) => each === name);
    if (performance === undefined) throw new Error(`No performance option "${name}"`);
    for (const [from, to] of [lab.hosts, lab.hosts.toReversed()]) {
      if (from === undefined || to === undefined) continue;
      const move = async () => {
        const body = { vm, target: to.name, options: { performance } };
        const { id } = await from.api("POST /v1/migrations", { body });
        for (;;) {
          const { state, endedAt } = await from.api("GET /v1/migrations/{id}", { params: { id } });
          if (state === "completed") return;
          if (endedAt !== null) throw new Error(`The move ${state}`);
          await sleep(100);
        }
      };
      print(`${name} to ${to.name}`, await answersDuring(lab, move()));
    }
  }
}

/** How long each answer took, milliseconds, for as long as the work lasts. */
async function answersDuring(lab: Lab, work: Promise<unknown>): Promise<number[]> {
  const took: number[] = [];
  const asking: Promise<void>[] = [];
  let isOver = false;
  const ended = work.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    for (const host of lab.hosts) {
      const askedAt = performance.now();
      const answer = host.api("GET /v1/vms").then(() => {
        took.push(performance.now() - askedAt);
      });
      asking.push(answer);
    }
    await sleep(everyMs);
  }
  await Promise.all([ended, ...asking]);
  return took.toSorted((a, b) => a - b);
}

function print(what: string, took: readonly number[]): void {
  const at = (part: number) =>
    (took[Math.floor((took.length - 1) * part)] ?? Number.NaN).toFixed(1);
  process.stdout.write(
    `${what}: ${took.length} answers, median ${at(0.5)} ms, p99 ${at(0.99)}, most ${at(1)}\n`,
  );
}

await main();
