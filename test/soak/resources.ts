/** What an agent holds: memory, descriptors, threads, files of its host, its database. Read from outside. */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { LabHost } from "../../lab/lab-host.ts";

export const resourceNames = [
  "memoryMib",
  "descriptors",
  "threads",
  "files",
  "databaseKib",
] as const;
type ResourceName = (typeof resourceNames)[number];

export type Resources = Readonly<Record<ResourceName, number>> & { readonly pid: number };

export async function resourcesOf(host: LabHost): Promise<Resources | undefined> {
  const pid = await host.agent.pid();
  if (pid === undefined) return undefined;
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const number = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1]);
  const database = await stat(join(host.directory, "state/ferry.db"));
  return {
    pid,
    memoryMib: Math.round(number("VmRSS") / 1024),
    threads: number("Threads"),
    descriptors: (await readdir(`/proc/${pid}/fd`)).length,
    files: (await readdir(host.directory, { recursive: true })).length,
    databaseKib: Math.round(database.size / 1024),
  };
}

export interface Growth {
  /** Samples of one agent, one after every move, without its first ones. */
  readonly samples: number;
  /** Median of the first quarter of them, of the last quarter, and the most. */
  readonly of: Readonly<Record<ResourceName, readonly [first: number, last: number, most: number]>>;
}

/** The first moves of an agent fill its caches and start its spare threads. */
const warmMoves = 5;

/** The longest life of an agent in the samples; undefined when none lived long enough to say anything. */
export function longestLife(samples: readonly Resources[]): Growth | undefined {
  const lives = Map.groupBy(samples, ({ pid }) => pid);
  const longest = [...lives.values()].toSorted((a, b) => b.length - a.length)[0] ?? [];
  const warm = longest.slice(warmMoves);
  const quarter = Math.floor(warm.length / 4);
  if (quarter === 0) return undefined;
  const of = (name: ResourceName): readonly [number, number, number] => {
    const values = warm.map((sample) => sample[name]);
    return [
      median(values.slice(0, quarter)),
      median(values.slice(-quarter)),
      values.reduce((most, value) => Math.max(most, value)),
    ];
  };
  return {
    samples: warm.length,
    of: Object.fromEntries(resourceNames.map((name) => [name, of(name)])) as Growth["of"],
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
