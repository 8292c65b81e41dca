/** Joins pages into as few writes as possible. Pure. */
import { pageBytes } from "./limits.ts";

export interface WriteRun {
  /** The number of its first page. */
  readonly first: number;
  readonly bytes: number;
  /** One after the other. */
  readonly pieces: Uint8Array[];
}

/** What one call of writev takes (IOV_MAX). */
const piecesMax = 1024;

/** Runs of neighbours, in the order of pages; pieces that lie side by side in memory become one. */
export function runsOf(pages: ReadonlyMap<number, Uint8Array>): WriteRun[] {
  const numbers = Float64Array.from(pages.keys()).sort();
  const runs: Array<{ first: number; bytes: number; pieces: Uint8Array[] }> = [];
  for (const number of numbers) {
    const page = pages.get(number) ?? new Uint8Array(0);
    const run = runs.at(-1);
    const follows = run !== undefined && run.first + run.bytes / pageBytes === number;
    if (run === undefined || !follows || run.pieces.length === piecesMax) {
      runs.push({ first: number, bytes: page.length, pieces: [page] });
      continue;
    }
    run.bytes += page.length;
    const joined = join(run.pieces.at(-1), page);
    if (joined === undefined) run.pieces.push(page);
    else run.pieces[run.pieces.length - 1] = joined;
  }
  return runs;
}

function join(before: Uint8Array | undefined, after: Uint8Array): Uint8Array | undefined {
  if (before === undefined || before.buffer !== after.buffer) return undefined;
  if (before.byteOffset + before.length !== after.byteOffset) return undefined;
  return new Uint8Array(before.buffer, before.byteOffset, before.length + after.length);
}
