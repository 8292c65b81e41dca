/**
 * What the memory codec carries, in guest bytes per second, beside what it costs: `node bench/memory-codec.ts`.
 *
 * One thread parses, looks pages up and copies; zstd runs beside it in libuv's pool. `thread` is the time that the one
 * thread is busy per guest byte, so its inverse is what one core could do if compression were free; `elapsed` is all.
 */
import { randomBytes } from "node:crypto";
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { pageBytes, pageCacheBytesDefault } from "../src/memory/limits.ts";
import { madeStream, type MadeRecord } from "../src/memory/made-stream.ts";
import { MemoryDecoder } from "../src/memory/memory-decoder.ts";
import { MemoryEncoder } from "../src/memory/memory-encoder.ts";
import type { TargetMemory } from "../src/memory/page-encoder.ts";
import { PlacedTarget } from "../src/memory/placed-target.ts";
import { PlainTarget } from "../src/memory/plain-target.ts";
import { RamStreamParser } from "../src/memory/ram-stream-parser.ts";

const pages = 48 * 1024;
const guestBytes = pages * pageBytes;
const chunkBytes = 64 * 1024;
const blocks = [{ name: "pc.ram", usedBytes: guestBytes }];

interface Workload {
  readonly name: string;
  readonly stream: Buffer;
  /** Guest bytes in its pages. */
  readonly bytes: number;
}

function workload(name: string, rounds: Array<(page: number) => Buffer | undefined>): Workload {
  const records = rounds.flatMap((content) =>
    Array.from({ length: pages }, (_, page): MadeRecord => {
      const data = content(page);
      return data === undefined ? { block: 0, page } : { block: 0, page, data };
    }),
  );
  return { name, stream: madeStream({ blocks, records }), bytes: rounds.length * guestBytes };
}

/** Pages of the machine's own libraries: code, tables and text, as a page cache holds them. */
function libraryPages(): Buffer {
  const directory = "/usr/lib/x86_64-linux-gnu";
  const all: Buffer[] = [];
  let length = 0;
  for (const name of readdirSync(directory).toSorted()) {
    const path = join(directory, name);
    if (length >= guestBytes || !/\.so/.test(name) || !statSync(path).isFile()) continue;
    const bytes = readFileSync(path);
    all.push(bytes, Buffer.alloc((pageBytes - (bytes.length % pageBytes)) % pageBytes));
    length += Math.ceil(bytes.length / pageBytes) * pageBytes;
  }
  return Buffer.concat(all);
}

function workloads(): Workload[] {
  const library = libraryPages();
  const libraryCount = library.length / pageBytes;
  const random = randomBytes(guestBytes / 4);
  const view = (from: Buffer, page: number) => {
    const at = (page % (from.length / pageBytes)) * pageBytes;
    return from.subarray(at, at + pageBytes);
  };
  const redirtied = (page: number) => {
    const copy = Buffer.from(view(library, page % libraryCount));
    copy.writeUInt32LE(page + 1, (page * 64) % 4032);
    return copy;
  };
  // The random pages repeat, but a page that differs from each of its kind in a word is like none of them.
  const incompressible = (page: number) => {
    const copy = Buffer.from(view(random, page));
    copy.writeUInt32LE(page);
    return copy;
  };
  return [
    workload("zero", [() => undefined]),
    workload("incompressible", [incompressible]),
    workload("library", [(page) => view(library, page)]),
    workload("library, then re-dirtied", [(page) => view(library, page), redirtied]),
  ];
}

interface Cost {
  readonly elapsedSeconds: number;
  readonly threadSeconds: number;
  readonly processorSeconds: number;
}

async function measured(work: () => Promise<void>): Promise<Cost> {
  const processor = process.cpuUsage();
  const thread = process.threadCpuUsage();
  const start = performance.now();
  await work();
  const elapsedSeconds = (performance.now() - start) / 1000;
  const seconds = ({ user, system }: NodeJS.CpuUsage) => (user + system) / 1e6;
  return {
    elapsedSeconds,
    threadSeconds: seconds(process.threadCpuUsage(thread)),
    processorSeconds: seconds(process.cpuUsage(processor)),
  };
}

function* chunks(stream: Buffer): Iterable<Buffer> {
  for (let at = 0; at < stream.length; at += chunkBytes) yield stream.subarray(at, at + chunkBytes);
}

async function parse({ stream }: Workload): Promise<void> {
  const ignore = () => {};
  const parser = new RamStreamParser({
    bytes: ignore,
    machine: ignore,
    blocks: ignore,
    zero: ignore,
    page: ignore,
    memoryEnded: ignore,
    notUnderstood: ignore,
  });
  for (const chunk of chunks(stream)) parser.push(chunk);
}

async function encode(
  { stream }: Workload,
  target: TargetMemory,
  linkBytesPerSecond: number,
): Promise<{ batches: Buffer[]; encoder: MemoryEncoder }> {
  const batches: Buffer[] = [];
  let thirst = Promise.withResolvers<void>();
  const encoder = new MemoryEncoder({
    target,
    pageCacheBytes: pageCacheBytesDefault,
    jobs: 2,
    send: (pieces) => void batches.push(...pieces),
    onThirst: () => thirst.resolve(),
  });
  for (let n = 0; n < 100; n++) encoder.observeLink(linkBytesPerSecond, "link");
  for (const chunk of chunks(stream)) {
    encoder.write(chunk);
    if (encoder.isThirsty) continue;
    thirst = Promise.withResolvers();
    await thirst.promise;
  }
  await encoder.end();
  return { batches, encoder };
}

const place = { block: "pc.ram", address: 0, bytes: guestBytes, isEmpty: true };

async function decode(batches: readonly Buffer[], kind: "plain" | "placed"): Promise<void> {
  const directory = mkdtempSync("/dev/shm/ferry-bench-");
  const fd = openSync(join(directory, "ram"), "w+");
  ftruncateSync(fd, guestBytes);
  const pass = async () => {};
  const target =
    kind === "plain" ? new PlainTarget(pass) : new PlacedTarget({ ...place, fd }, pass);
  const decoder = new MemoryDecoder({ target, pageCacheBytesMax: pageCacheBytesDefault, jobs: 2 });
  // As many as a session has on the way, so that batches are decompressed ahead.
  const underWay: Array<Promise<void>> = [];
  for (const piece of batches) {
    underWay.push(decoder.write(piece));
    if (underWay.length > 16) await underWay.shift();
  }
  await Promise.all(underWay);
  await decoder.end();
  closeSync(fd);
  rmSync(directory, { recursive: true });
}

function row(what: string, load: Workload, cost: Cost, note = ""): void {
  const rate = (seconds: number) => `${(load.bytes / seconds / 1e9).toFixed(2).padStart(7)} GB/s`;
  const processor = (cost.processorSeconds / load.bytes) * 1e9;
  const cells = [load.name.padEnd(24), what.padEnd(24), rate(cost.elapsedSeconds)];
  cells.push(rate(cost.threadSeconds), `${processor.toFixed(2).padStart(6)} s/GB`, note);
  console.log(cells.join(" | "));
}

const links = [
  { name: "1 Gbit/s", bytesPerSecond: 118e6 },
  { name: "10 Gbit/s", bytesPerSecond: 1.18e9 },
];

console.log(
  ["memory".padEnd(24), "step".padEnd(24), "elapsed".padStart(12), "thread".padStart(12)]
    .concat("processor", "")
    .join(" | "),
);
for (const load of workloads()) {
  row("parse", load, await measured(() => parse(load)));
  for (const link of links) {
    for (const kind of ["plain", "placed"] as const) {
      const target: TargetMemory = kind === "plain" ? { kind } : { kind, block: "pc.ram" };
      let made: Awaited<ReturnType<typeof encode>> | undefined;
      const cost = await measured(async () => {
        made = await encode(load, target, link.bytesPerSecond);
      });
      const { stats } = made?.encoder ?? {};
      const ratio = (stats?.bytesIn ?? 0) / (stats?.bytesOut ?? 1);
      const note = `${ratio.toFixed(2)} : 1, ends at ${stats?.compression}`;
      row(`encode ${kind}, ${link.name}`, load, cost, note);
      const batches = made?.batches ?? [];
      row(`decode ${kind}, ${link.name}`, load, await measured(() => decode(batches, kind)));
    }
  }
}
