/**
 * How fast a session carries one stream, and at what price: a program writes to a unix socket, the source's session
 * carries it over TLS on loopback, the target's session writes it to another program's unix socket. Four processes,
 * so that the CPU seconds of each end are its own.
 *
 *   node bench/session-throughput.ts [gigabytes] [lanes]
 */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSourceSession, openTargetSession } from "../src/session/open.ts";
import { answerOf, startPart } from "./forked-part.ts";
import { owner, pairOptions } from "../test/session/session-pair.ts";

type Options = Awaited<ReturnType<typeof pairOptions>>;
type Task =
  | { role: "writer"; path: string; bytes: number }
  | { role: "reader"; path: string }
  | { role: "source"; path: string; options: Omit<Options["source"], "log"> }
  | { role: "target"; path: string; options: Omit<Options["target"], "log"> };

/** What a process has to say: that it is ready, or what it measured. */
type Ready = { ready: true; port?: number; ticket?: string };
type Word = Ready | { bytes: number } | { cpu: number };

const MB = 1_000_000;

if (process.send === undefined) await measure();
else process.once("message", (task) => void work(task as Task));

async function measure(): Promise<void> {
  const bytes = Number(process.argv[2] ?? 4) * 1000 * MB;
  const lanes = Number(process.argv[3] ?? 1);
  const directory = await mkdtemp(join(tmpdir(), "ferry-bench-"));
  const near = join(directory, "near");
  const far = join(directory, "far");
  const { source, target } = await pairOptions({ lanes });
  const { log: _, ...targetOptions } = target;
  const { log: __, ...sourceOptions } = source;

  const reader = await start({ role: "reader", path: far });
  const targetEnd = await start({ role: "target", path: far, options: targetOptions });
  const { port = 0, ticket = "" } = targetEnd.word;
  const options = { ...sourceOptions, port, ticket };
  const sourceEnd = await start({ role: "source", path: near, options });
  const before = { source: await cpu(sourceEnd.child), target: await cpu(targetEnd.child) };
  const startedAt = performance.now();
  const writer = await start({ role: "writer", path: near, bytes });
  const [received] = (await once(reader.child, "message")) as [{ bytes: number }];
  const seconds = (performance.now() - startedAt) / 1000;
  const gigabytes = received.bytes / 1000 / MB;
  const price = async (end: "source" | "target", child: ChildProcess) =>
    ((await cpu(child)) - before[end]) / gigabytes;
  console.log(
    JSON.stringify({
      lanes,
      gigabytes,
      gigabytesPerSecond: round(gigabytes / seconds),
      sourceCpuSecondsPerGigabyte: round(await price("source", sourceEnd.child)),
      targetCpuSecondsPerGigabyte: round(await price("target", targetEnd.child)),
    }),
  );
  for (const { child } of [writer, reader, sourceEnd, targetEnd]) child.disconnect();
  await rm(directory, { recursive: true });
}

function start(task: Task): ReturnType<typeof startPart<Task, Ready>> {
  return startPart<Task, Ready>(import.meta.filename, task);
}

async function cpu(child: ChildProcess): Promise<number> {
  return (await answerOf<{ cpu: number }>(child, "cpu")).cpu;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

async function work(task: Task): Promise<void> {
  process.on("message", () => {
    const { user, system } = process.cpuUsage();
    say({ cpu: (user + system) / 1e6 });
  });
  process.once("disconnect", () => process.exit());
  const log = (await import("pino")).pino({ level: "silent" });
  if (task.role === "writer") return write(task.path, task.bytes);
  if (task.role === "reader") return read(task.path);
  if (task.role === "target") {
    const session = await openTargetSession({ ...task.options, log });
    await session.carryConnecting("memory", task.path);
    return say({ ready: true, port: session.port, ticket: session.ticket });
  }
  const session = await openSourceSession({ ...task.options, log });
  await session.carryListening("memory", task.path, owner);
  say({ ready: true });
}

function say(word: Word): void {
  process.send?.(word);
}

async function write(path: string, bytes: number): Promise<void> {
  const socket = connect(path);
  await once(socket, "connect");
  say({ ready: true });
  const block = Buffer.alloc(256 * 1024, 0x5a);
  for (let left = bytes; left > 0; left -= block.length) {
    if (!socket.write(block.subarray(0, left))) await once(socket, "drain");
  }
  socket.end();
}

async function read(path: string): Promise<void> {
  let bytes = 0;
  const server = createServer((socket) => {
    socket.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    socket.on("end", () => say({ bytes }));
  });
  server.listen(path);
  await once(server, "listening");
  say({ ready: true });
}
