/**
 * `npm run soak -- --hours 1`: random moves of a writing guest, with random options, faults and cancels. After every one the VM is whole,
 * once, and the next begins; the agents' memory, descriptors, threads and files are watched.
 *   --seed 42        the same choices again
 *   --calm 0.9       how many of the moves nothing breaks (default 0.75)
 * Every move is a line in .cache/soak.jsonl; the report goes to standard output.
 */
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { rerunAsLabRoot } from "../../lab/user-namespace.ts";
import type { MigrationOptions } from "../../src/migration/record.ts";
import { type FaultCase, faultCases, type Storage } from "../faults/cases.ts";
import { FaultLab } from "../faults/fault-lab.ts";
import { runCase, startMove, watchTwice } from "../faults/run-case.ts";
import { settled } from "../faults/settled.ts";
import { longestLife, type Resources, resourcesOf } from "./resources.ts";

const file = new URL("../../.cache/soak.jsonl", import.meta.url);
/** Between two changes of where the disk lies, which cost a boot. */
const movesPerStorage = 40;

const { values } = parseArgs({
  options: {
    hours: { type: "string", default: "1" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    calm: { type: "string", default: "0.75" },
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

async function main(): Promise<number> {
  const end = performance.now() + Number(values.hours) * 3_600_000;
  const begun = performance.now();
  let moves = 0;
  await using world = await FaultLab.up("fsoak");
  while (performance.now() < end && wrong.length === 0) {
    const storage: Storage = Math.floor(moves / movesPerStorage) % 2 === 0 ? "shared" : "apart";
    await world.provide(storage);
    const kind = random() < Number(values.calm) ? pick(["plain", "plain", "cancel"]) : "fault";
    const what =
      kind === "fault" ? await strike(world, storage) : await move(world, kind === "cancel");
    moves += kind === "fault" ? 2 : 1;
    counts[what] = (counts[what] ?? 0) + 1;
    for (const host of world.lab.hosts) {
      const now = await resourcesOf(host);
      if (now !== undefined) (samples[host.name] ??= []).push(now);
    }
    appendFileSync(
      file,
      `${JSON.stringify({ at: new Date().toISOString(), moves, what, wrong })}\n`,
    );
  }
  report(moves, (performance.now() - begun) / 60_000);
  return wrong.length === 0 ? 0 : 1;
}

/** One move, perhaps cancelled somewhere. */
async function move(world: FaultLab, isCancelled: boolean): Promise<string> {
  const source = await world.owner();
  if (source === undefined) throw new Error("no host owns the VM");
  const target = world.other(source);
  const options: MigrationOptions = {
    withStorage: true,
    performance: pick(["tcp", "compression", "multichannel"]),
    ...(random() < 0.3 && { verifyMemory: true }),
    ...(random() < 0.3 && { blackoutMsMax: pick([20, 100, 1000]) }),
  };
  await world.guest.startWriting();
  const twice = watchTwice(world);
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
    await sleep(50);
  }
  const record = await source.api("GET /v1/migrations/{id}", { params });
  const end = await settled(world, { source, target, migration });
  wrong.push(...end.wrong, ...(await twice.stop()));
  if (record.state !== "completed" && !isCancelled)
    wrong.push(`${record.state}: ${record.error?.message}`);
  return `${isCancelled ? "cancel" : "plain"}: ${record.state}`;
}

async function strike(world: FaultLab, storage: Storage): Promise<string> {
  const cases: readonly FaultCase[] = faultCases().filter((each) => each.storage === storage);
  const fault = pick(cases);
  const result = await runCase(world, fault);
  wrong.push(...result.wrong.map((what) => `${fault.id}: ${what}`));
  return `${fault.breakage}: ${result.outcome}`;
}

function report(moves: number, minutes: number): void {
  const lines = [
    `${moves} moves in ${minutes.toFixed(0)} minutes, seed ${values.seed}: ${wrong.length === 0 ? "no invariant broken" : "BROKEN"}`,
    ...wrong.map((what) => `  ${what}`),
    ...Object.entries(counts)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([what, count]) => `  ${String(count).padStart(5)}  ${what}`),
    ...Object.entries(samples).map(([host, list]) => {
      const life = longestLife(list);
      if (life === undefined) return `  ${host}: no agent lived long enough`;
      const { from, to } = life;
      const change = (name: keyof Resources): string => `${name} ${from[name]} to ${to[name]}`;
      const parts = (["memoryMib", "descriptors", "threads", "files"] as const).map(change);
      return `  ${host}, over ${life.moves} moves of one agent: ${parts.join(", ")}`;
    }),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

const elsewhere = await rerunAsLabRoot();
process.exitCode = elsewhere ?? (await main());
