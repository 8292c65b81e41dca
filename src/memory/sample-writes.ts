/**
 * What a guest's writes are like: some of its memory read twice, a moment apart, and what changed in between compressed both ways that
 * it may cross, as it is and as the difference to what it was. All of it takes a few milliseconds of a processor: a move's first tenths of a
 * second have none to spare.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { setImmediate as turn, setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { constants, zstdCompress } from "node:zlib";
import { pageBytes } from "./limits.ts";
import { encodeDelta, pageWords } from "./page-delta.ts";

export interface SampledWrites {
  /** Of the memory that was looked at, the part that changed. */
  readonly changed: number;
  /** Null where nothing changed. */
  readonly ratios: WriteRatios | null;
}

/** What changed, to what becomes of it: 4 is a quarter. */
export interface WriteRatios {
  readonly wholeRatio: number;
  readonly differenceRatio: number;
}

/** A file that has the guest's memory from an address on. */
export interface SampledMemory {
  readonly path: string;
  readonly address: number;
  readonly bytes: number;
}

const pagesOfStretch = 8;
const stretchBytes = pagesOfStretch * pageBytes;
/** More say nothing new. */
const changedPagesMax = 512;
/** As the agents begin. */
const level = 1;
/** Others have their turn in between. A thread that reads for others takes ten times as long for so little. */
const stretchesOfTurn = 32;
/** Memory that has to be fetched from a disk is not waited for. */
const readMsMax = 20;

const compress = promisify(zstdCompress);

/**
 * @param stretches of 32 KiB each, spread over all of it
 * @returns null where it took too long to look
 */
export async function sampleWrites(
  memory: SampledMemory,
  { betweenMs, stretches }: { readonly betweenMs: number; readonly stretches: number },
): Promise<SampledWrites | null> {
  const places = placesIn(memory.bytes, stretches);
  const before = Buffer.alloc(places.length * stretchBytes);
  const after = Buffer.alloc(before.length);
  const file = openSync(memory.path, "r");
  try {
    if (!(await readStretches(file, memory.address, places, before))) return null;
    await delay(betweenMs);
    if (!(await readStretches(file, memory.address, places, after))) return null;
  } finally {
    closeSync(file);
  }
  const changed = changedPages(before, after);
  const pages = places.length * pagesOfStretch;
  return { changed: changed.length / pages, ratios: await ratiosOf(before, after, changed) };
}

/** One stretch at random in each of as many equal parts. */
function placesIn(bytes: number, stretches: number): number[] {
  const partBytes = Math.max(stretchBytes, Math.floor(bytes / stretches));
  const room = Math.floor((partBytes - stretchBytes) / pageBytes);
  return Array.from(
    { length: Math.floor(bytes / partBytes) },
    (_, part) => part * partBytes + Math.round(Math.random() * room) * pageBytes,
  );
}

async function readStretches(
  file: number,
  address: number,
  places: readonly number[],
  into: Buffer,
): Promise<boolean> {
  for (const [number, place] of places.entries()) {
    if (number % stretchesOfTurn === 0) await turn();
    const begun = performance.now();
    readSync(file, into, number * stretchBytes, stretchBytes, address + place);
    if (performance.now() - begun > readMsMax) return false;
  }
  return true;
}

/** Where they begin. */
function changedPages(before: Buffer, after: Buffer): number[] {
  const changed: number[] = [];
  for (let at = 0; at < before.length; at += pageBytes) {
    if (before.compare(after, at, at + pageBytes, at, at + pageBytes) !== 0) changed.push(at);
  }
  return changed;
}

async function ratiosOf(
  before: Buffer,
  after: Buffer,
  changed: readonly number[],
): Promise<WriteRatios | null> {
  if (changed.length === 0) return null;
  const looked = changed.slice(0, changedPagesMax);
  const old = new Int32Array(before.buffer, before.byteOffset, before.length / 4);
  const whole: Uint8Array[] = [];
  const differences: Uint8Array[] = [];
  const output = new Uint8Array(pageBytes);
  for (const at of looked) {
    const content = after.subarray(at, at + pageBytes);
    const page = new Int32Array(after.buffer, content.byteOffset, pageWords);
    const length = encodeDelta(old, at / 4, page, output, 0, pageBytes - 1);
    whole.push(content);
    // As the encoder does: a difference that is no shorter is not sent.
    differences.push(length < 0 ? content : output.slice(0, length));
  }
  const bytes = looked.length * pageBytes;
  const [wholeBytes, differenceBytes] = await Promise.all([
    compressedBytes(whole),
    compressedBytes(differences),
  ]);
  return { wholeRatio: bytes / wholeBytes, differenceRatio: bytes / differenceBytes };
}

async function compressedBytes(pieces: readonly Uint8Array[]): Promise<number> {
  const params = { [constants.ZSTD_c_compressionLevel]: level };
  return (await compress(Buffer.concat(pieces), { params })).length;
}
