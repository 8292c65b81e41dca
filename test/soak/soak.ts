/**
 * `npm run soak -- --hours 1`: random moves of a writing guest, with random options, faults and cancels. After every one the VM is whole,
 * once, and the next begins; the agents' memory, descriptors, threads and files are watched.
 *   --seed 42        the same choices again
 *   --moves 200      goes on until so many moves were made, however long that takes
 *   --calm 0.9       how many of the moves nothing breaks (default 0.75)
 * host-a's agent is never killed, so that one agent is watched through all of it; host-b's is. Every move is a line in .cache/soak.jsonl;
 * the report goes to standard output, and into docs/reliability.md with --report; after SIGTERM
 * too, once the move under way has ended.
 */
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { numberOption, runProgram } from "../../lab/program.ts";
import { rerunAsLabRoot } from "../../lab/user-namespace.ts";
import type { MigrationOptions } from "../../src/migration/record.ts";
import { type FaultCase, faultCases, type Storage } from "../faults/cases.ts";
import { FaultLab } from "../faults/fault-lab.ts";
import { runCase, startMove } from "../faults/run-case.ts";
import { settled } from "../faults/settled.ts";
import { renderSoak, writeSoak } from "./report.ts";
import { type Resources, resourcesOf } from "./resources.ts";

const cache = new URL("../../.cache/", import.meta.url);
/** Between two changes of where the disk lies, which cost a boot. */
const movesPerStorage = 40;

const { values } = parseArgs({
  options: {
    hours: { type: "string", default: "1" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    moves: { type: "string", default: "0" },
    calm: { type: "string", default: "0.75" },
    report: { type: "boolean", default: false },
  },
});

/** Small, and the same for the same seed everywhere (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = randomFrom(Number(values.seed));
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
const counts: Record<string, number> = {};
const wrong: string[] = [];
const samples: Record<string, Resources[]> = {};

/** What was done and how it ended, and how many moves that were. */
type Done = readonly [what: string, moves: number];

async function main(): Promise<number> {
  const hours = numberOption("hours", values.hours);
  let movesMin = numberOption("moves", values.moves);
  const calm = numberOption("calm", values.calm);
  numberOption("seed", values.seed);
  let end = performance.now() + hours * 3_600_000;
  process.once("SIGTERM", () => {
    end = movesMin = 0;
  });
  const begun = performance.now();
  let moves = 0;
  await using world = await FaultLab.up("fsoak");
  while ((performance.now() < end || moves < movesMin) && wrong.length === 0) {
    const storage: Storage = Math.floor(moves / movesPerStorage) % 2 === 0 ? "shared" : "apart";
    await world.provide(storage);
    const isCalm = random() < calm;
    const [what, begunMoves] = await (isCalm ? move(world) : strike(world, storage)).catch(
      (error: unknown): Done => {
        wrong.push(String(error));
        return ["failed", 1];
      },
    );
    if (wrong.length > 0) await world.keepLogs(new URL("soak/", cache));
    moves += begunMoves;
    counts[what] = (counts[what] ?? 0) + 1;
    for (const host of world.lab.hosts) {
      const now = await resourcesOf(host);
      if (now !== undefined) (samples[host.name] ??= []).push(now);
    }
    appendFileSync(
      new URL("soak.jsonl", cache),
      `${JSON.stringify({ at: new Date().toISOString(), moves, what, wrong })}\n`,
    );
  }
  const minutes = (performance.now() - begun) / 60_000;
  const text = renderSoak({ moves, minutes, seed: values.seed, counts, wrong, samples });
  process.stdout.write(text);
  if (values.report) writeSoak(text);
  return wrong.length === 0 ? 0 : 1;
}

/** One move, perhaps cancelled somewhere. */
async function move(world: FaultLab): Promise<Done> {
  const isCancelled = random() < 1 / 3;
  const source = await world.owner();
  if (source === undefined) throw new Error("no host owns the VM");
  const target = world.other(source);
  const options: MigrationOptions = {
    withStorage: true,
    performance: pick(["tcp", "compression", "multichannel"]),
    ...(random() < 0.3 && { verifyMemory: true }),
    ...(random() < 0.3 && { blackoutMsMax: pick([20, 100, 1000]) }),
    convergencePolicy: pick(["balanced", "certain", "patient"]),
  };
  await world.guest.startWriting();
  world.runs.twice();
  const migration = await startMove(world, source, target, options);
  const params = { id: migration };
  if (isCancelled) {
    await sleep(random() * 2_000);
    // Refused when it is too late, which is as good.
    await source.api("POST /v1/migrations/{id}/cancel", { params }).catch(() => undefined);
  }
  for (;;) {
    const { endedAt } = await source.api("GET /v1/migrations/{id}", { params });
    if (endedAt !== null) break;
    await sleep(200);
  }
  const record = await source.api("GET /v1/migrations/{id}", { params });
  const end = await settled(world, { source, target, migration });
  wrong.push(...end.wrong, ...world.runs.twice());
  if (record.state !== "completed" && !isCancelled)
    wrong.push(`${record.state}: ${record.error?.message}`);
  return [`${isCancelled ? "cancelled somewhere" : "nothing broken"}: ${record.state}`, 1];
}

async function strike(world: FaultLab, storage: Storage): Promise<Done> {
  const source = (await world.owner())?.name;
  const mortal = source === "host-b" ? "source" : "target";
  const spares = ({ breakage, victim }: FaultCase): boolean =>
    !["agent", "host"].includes(breakage) || victim === mortal;
  const cases = faultCases().filter((each) => each.storage === storage && spares(each));
  const fault = pick(cases);
  const result = await runCase(world, fault);
  wrong.push(...result.wrong.map((what) => `${fault.id}: ${what}`));
  // It ends with a move that nothing breaks.
  return [`${fault.breakage}: ${result.outcome}`, result.outcome === "not reached" ? 1 : 2];
}

const elsewhere = await rerunAsLabRoot();
if (elsewhere === undefined) await runProgram("soak", main);
else process.exitCode = elsewhere;
