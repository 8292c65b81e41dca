/** The raw results: one file a run of the benchmark, kept as they are; the page is made from the newest of each cell. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Sample } from "./sample.ts";

const directory = join(import.meta.dirname, "../docs/benchmark");

export interface ResultFile {
  /** ISO 8601. */
  readonly at: string;
  readonly qemu: string;
  readonly node: string;
  readonly cpu: string;
  readonly samples: readonly Sample[];
}

export async function keepResults(file: ResultFile): Promise<string> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, `${file.at.replaceAll(/[:.]/g, "-")}.json`);
  const { samples, ...machine } = file;
  // One line a sample: a change of one is a change of one line.
  const lines = samples.map((sample) => `  ${JSON.stringify(sample)}`).join(",\n");
  const head = JSON.stringify(machine).slice(0, -1);
  await writeFile(path, `${head},\n"samples":[\n${lines}\n]}\n`);
  return path;
}

/** Oldest first. */
export async function readResults(): Promise<ResultFile[]> {
  const names = (await readdir(directory).catch(() => [])).filter((name) => name.endsWith(".json"));
  return await Promise.all(
    names
      .toSorted()
      .map(async (name) => JSON.parse(await readFile(join(directory, name), "utf8")) as ResultFile),
  );
}

/** Each cell's samples from the last run that measured it: figures of one run only are comparable. */
export function newestOfEachCell(files: readonly ResultFile[]): Map<string, readonly Sample[]> {
  const cells = new Map<string, readonly Sample[]>();
  for (const { samples } of files) {
    for (const [cell, own] of Map.groupBy(samples, (sample) => sample.cell)) cells.set(cell, own);
  }
  return cells;
}
