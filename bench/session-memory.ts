/**
 * What a session costs that tells memory page by page: a made QEMU stream goes through a source's session over TLS on
 * loopback into a target's session that places the pages, each end a process of its own whose worker was ready before.
 * Prints the time, the bytes on the wire, and each end's CPU seconds; fails when the target's memory differs.
 *
 *   node bench/session-memory.ts [--content json|random] [--mib 320] [--zero 600] [--limit BYTES_PER_SECOND] [--runs 3]
 */
import type { ChildProcess } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { mkdtemp, rm, stat, truncate, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { pageBytes, pageCacheBytesDefault } from "../src/memory/limits.ts";
import { madeStream, type MadeRecord } from "../src/memory/made-stream.ts";
import {
  codingJobs,
  type MemoryDecoding,
  type MemoryEncoding,
} from "../src/session/memory-coding.ts";
import { openSourceSession, openTargetSession } from "../src/session/open.ts";
import type { Session } from "../src/session/session.ts";
import { SpareWorkers } from "../src/session/spare-workers.ts";
import { cart } from "./cart.ts";
import { answerOf, startPart } from "./forked-part.ts";
import { owner, pairOptions } from "../test/session/session-pair.ts";

type Options = Awaited<ReturnType<typeof pairOptions>>;
type Task =
  | { role: "source"; path: string; options: Omit<Options["source"], "log">; limit: number }
  | { role: "target"; path: string; memory: string; options: Omit<Options["target"], "log"> };
type Ready = { ready: true; port?: number; ticket?: string };
type Measures = { cpu: number; wireBytes: number; memory: unknown };

const block = "pc.ram";
const rehearsalMs = 4_000;

if (process.send === undefined) await main();
else process.once("message", (task) => void work(task as Task));

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      content: { type: "string", default: "json" },
      mib: { type: "string", default: "320" },
      zero: { type: "string", default: "600" },
      limit: { type: "string", default: "0" },
      runs: { type: "string", default: "1" },
    },
  });
  const mib = { full: Number(values.mib), zero: Number(values.zero) };
  const { stream, memory } = made(values.content, mib.full, mib.zero);
  for (let run = 0; run < Number(values.runs); run++) {
    const measured = await measure(stream, memory, Number(values.limit));
    console.log(JSON.stringify({ content: values.content, guestMib: mib.full, ...measured }));
  }
}

async function measure(stream: Buffer, memory: Buffer, limit: number) {
  const directory = await mkdtemp("/dev/shm/ferry-bench-");
  const [near, far, file] = ["near", "far", "memory"].map((name) => join(directory, name));
  if (near === undefined || far === undefined || file === undefined) throw new Error("no paths");
  await writeFile(file, "");
  await truncate(file, memory.length);
  const arrived = deviceState(far);
  const { source, target } = await pairOptions();
  const { log: _, ...targetOptions } = target;
  const { log: __, ...sourceOptions } = source;
  const targetEnd = await start({
    role: "target",
    path: far,
    memory: file,
    options: targetOptions,
  });
  const { port = 0, ticket = "" } = targetEnd.word;
  const options = { ...sourceOptions, port, ticket };
  const sourceEnd = await start({ role: "source", path: near, options, limit });
  await sleep(1_000);
  const before = await Promise.all([measures(sourceEnd.child), measures(targetEnd.child)]);
  const socket = connect(near);
  await once(socket, "connect");
  const startedAt = performance.now();
  for (let at = 0; at < stream.length; at += 32 * 1024) {
    if (!socket.write(stream.subarray(at, at + 32 * 1024))) await once(socket, "drain");
  }
  socket.end();
  await arrived;
  const ms = performance.now() - startedAt;
  const after = await Promise.all([measures(sourceEnd.child), measures(targetEnd.child)]);
  const isEqual = (await hashOf(file)) === createHash("sha1").update(memory).digest("hex");
  for (const { child } of [sourceEnd, targetEnd]) child.disconnect();
  await rm(directory, { recursive: true });
  if (!isEqual) throw new Error("The target's memory is not the source's");
  const price = (end: 0 | 1) => Math.round((after[end].cpu - before[end].cpu) * 1000) / 1000;
  return {
    ms: Math.round(ms),
    wireMB: Math.round(after[0].wireBytes / 1e5) / 10,
    sourceCpuSeconds: price(0),
    targetCpuSeconds: price(1),
    memory: after[0].memory,
  };
}

/** Pages of text as a web shop keeps in redis, or of noise; and zero pages. */
function made(content: string, fullMib: number, zeroMib: number) {
  const pages = ((fullMib + zeroMib) * 1024 * 1024) / pageBytes;
  const memory = Buffer.alloc(pages * pageBytes);
  const fullBytes = fullMib * 1024 * 1024;
  if (content === "random") randomBytes(fullBytes).copy(memory);
  else for (let at = 0; at < fullBytes - 8192; ) at += memory.write(cart(), at, "latin1");
  const zeros = Buffer.alloc(pageBytes);
  const records = Array.from({ length: pages }, (_, page): MadeRecord => {
    const data = memory.subarray(page * pageBytes, (page + 1) * pageBytes);
    return data.equals(zeros) ? { block: 0, page } : { block: 0, page, data };
  });
  const blocks = [{ name: block, usedBytes: memory.length }];
  return { memory, stream: madeStream({ blocks, records }) };
}

/** Resolves when the devices' state is there: memory is in its place then. */
async function deviceState(path: string): Promise<void> {
  const server = createServer();
  server.listen(path);
  const [socket] = (await once(server, "connection")) as [import("node:net").Socket];
  let last = "";
  for await (const chunk of socket) {
    last = (last + (chunk as Buffer).toString("latin1")).slice(-64);
    if (last.endsWith("the devices' state")) break;
  }
  server.close();
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash("sha1");
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) {
    hash.update(chunk as Buffer);
  }
  return hash.digest("hex");
}

function start(task: Task): ReturnType<typeof startPart<Task, Ready>> {
  return startPart<Task, Ready>(import.meta.filename, task);
}

function measures(child: ChildProcess): Promise<Measures> {
  return answerOf<Measures>(child, "measure");
}

async function work(task: Task): Promise<void> {
  process.once("disconnect", () => process.exit());
  const log = (await import("pino")).pino({ level: "silent" });
  const workers = new SpareWorkers();
  await sleep(rehearsalMs);
  const jobs = codingJobs();
  let session: Session;
  if (task.role === "target") {
    const opened = await openTargetSession({ ...task.options, log, workers });
    session = opened;
    const { size: bytes } = await stat(task.memory);
    const decoding: MemoryDecoding = {
      kind: "memory",
      placed: { block, path: task.memory, address: 0, bytes, isEmpty: true },
      pageCacheBytesMax: pageCacheBytesDefault,
      jobs,
    };
    await session.carryConnecting("memory", task.path, decoding);
    say({ ready: true, port: opened.port, ticket: opened.ticket });
  } else {
    session = await openSourceSession({ ...task.options, log, workers });
    if (task.limit > 0) session.limit("memory", task.limit);
    const encoding: MemoryEncoding = {
      kind: "memory",
      target: { kind: "placed", block },
      pageCacheBytes: pageCacheBytesDefault,
      jobs,
    };
    await session.carryListening("memory", task.path, owner, encoding);
    say({ ready: true });
  }
  process.on("message", () => {
    void session.stats().then(({ wireBytes, memory }) => {
      const { user, system } = process.cpuUsage();
      say({ cpu: (user + system) / 1e6, wireBytes, memory });
    });
  });
}

function say(word: Ready | Measures): void {
  process.send?.(word);
}
