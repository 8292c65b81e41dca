/** What an agent holds: memory, descriptors, threads, files of its host. Read from outside. */
import { readdir, readFile } from "node:fs/promises";
import type { LabHost } from "../../lab/lab-host.ts";

export interface Resources {
  readonly pid: number;
  readonly memoryMib: number;
  readonly descriptors: number;
  readonly threads: number;
  /** In the host's directories, but for what the database writes. */
  readonly files: number;
}

export async function resourcesOf(host: LabHost): Promise<Resources | undefined> {
  const pid = await host.agent.pid();
  if (pid === undefined) return undefined;
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const number = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1]);
  return {
    pid,
    memoryMib: Math.round(number("VmRSS") / 1024),
    threads: number("Threads"),
    descriptors: (await readdir(`/proc/${pid}/fd`)).length,
    files: (await readdir(host.directory, { recursive: true })).length,
  };
}

export interface Growth {
  /** Moves that one agent lived through, after its first ones. */
  readonly moves: number;
  readonly from: Resources;
  readonly to: Resources;
}

/** The first moves of an agent fill its caches and start its spare threads. */
const warmMoves = 5;

/** The longest life of an agent in the samples, one after every move: how it began, once warm, and how it ended. */
export function longestLife(samples: readonly Resources[]): Growth | undefined {
  const lives = new Map<number, Resources[]>();
  for (const sample of samples) lives.set(sample.pid, [...(lives.get(sample.pid) ?? []), sample]);
  const longest = [...lives.values()].toSorted((a, b) => b.length - a.length)[0]?.slice(warmMoves);
  const [from, to] = [longest?.[0], longest?.at(-1)];
  if (from === undefined || to === undefined || longest === undefined) return undefined;
  return { moves: longest.length, from, to };
}
