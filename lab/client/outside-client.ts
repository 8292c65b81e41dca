/** The client outside as the lab's programs use it: what it runs, it runs in the client's namespace. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { inNamespace } from "../namespaces.ts";
import type { ClientReport, CounterReport } from "./report.ts";
import { patienceMs } from "../patience.ts";

const clientProgram = join(import.meta.dirname, "main.ts");
const knockProgram = join(import.meta.dirname, "knock.ts");

export type Probe = "counter" | "redis" | "http";

export class OutsideClient {
  readonly #namespace: string;

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  /**
   * Starts using the guest's services; resolves when the first answers are in. A counter read every millisecond sees every
   * gap, and keeps an emulated guest a third of a processor busy: less often, it is an idle guest.
   */
  async use(address: string, probes: readonly Probe[], counterEveryMs = 1): Promise<Watch> {
    const args = [address, probes.join(","), String(counterEveryMs)];
    const command = [process.execPath, clientProgram, ...args];
    const watch = new Watch(this.#spawn(command));
    try {
      await watch.started();
    } catch (error) {
      await watch.stop();
      throw error;
    }
    return watch;
  }

  /** One line to one of the guest's programs (lab/guest-image/root), and its answer. */
  async ask(address: string, port: number, line: string): Promise<string> {
    const child = this.#spawn(["busybox", "nc", address, String(port)]);
    const lines = new Lines(child);
    child.stdin.write(`${line}\n`);
    try {
      return await lines.next(patienceMs);
    } finally {
      child.kill();
    }
  }

  /** Says one line to one of the guest's programs and hands on every line that comes back, for as long as wanted. */
  follow(address: string, port: number, line: string, heard: (line: string) => void): Disposable {
    const child = this.#spawn(["busybox", "nc", address, String(port)]);
    child.stdin.on("error", () => undefined);
    child.stdin.write(`${line}\n`);
    createInterface({ input: child.stdout }).on("line", heard);
    return { [Symbol.dispose]: () => child.kill() };
  }

  /** Resolves when the guest accepts connections on the port. */
  async waitFor(address: string, port: number, withinMs: number): Promise<void> {
    const child = this.#spawn([
      process.execPath,
      knockProgram,
      address,
      String(port),
      String(withinMs),
    ]);
    const { promise, resolve } = Promise.withResolvers<number | null>();
    child.on("exit", resolve);
    if ((await promise) === 0) return;
    throw new Error(`Cannot use the guest at ${address}:${port}: no answer in ${withinMs} ms`);
  }

  #spawn(command: readonly string[]): Program {
    const [program, args] = inNamespace(this.#namespace, command);
    return spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  }
}

type Program = ChildProcessByStdio<Writable, Readable, null>;

/** A client at work. */
export class Watch implements AsyncDisposable {
  readonly #child: Program;
  readonly #lines: Lines;

  constructor(child: Program) {
    this.#child = child;
    this.#lines = new Lines(child);
  }

  /** Starts a new window: the next report is of what happens from now on. */
  async mark(): Promise<void> {
    await this.#ask("mark");
  }

  async report(): Promise<ClientReport> {
    return JSON.parse(await this.#ask("report")) as ClientReport;
  }

  async counter(): Promise<CounterReport> {
    const { counter } = await this.report();
    if (counter === undefined) throw new Error("Cannot report the counter: it is not watched");
    return counter;
  }

  /** Resolves when everything that is used has answered at least once, and starts the first window there. */
  async started(): Promise<void> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const { counter, redis, http } = await this.report();
      const errors = [counter, redis, http].some((part) => (part?.errors ?? 0) > 0);
      if (errors) throw new Error("Cannot use the guest: a service refused the client");
      if (counter?.received !== 0 && redis?.requests !== 0 && http?.requests !== 0) break;
      if (performance.now() > deadline) throw new Error("Cannot use the guest: it does not answer");
      await sleep(50);
    }
    await this.mark();
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = new Promise<void>((resolve) => {
      this.#child.on("exit", () => resolve());
    });
    this.#child.stdin.end("stop\n");
    await exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #ask(command: string): Promise<string> {
    this.#child.stdin.write(`${command}\n`);
    return await this.#lines.next(patienceMs);
  }
}

/** A program's output line by line. */
class Lines {
  readonly #waiting: string[] = [];
  #ended = false;
  #changed = (): void => undefined;

  constructor(child: Program) {
    const lines = createInterface({ input: child.stdout });
    lines.on("line", (line) => {
      this.#waiting.push(line);
      this.#changed();
    });
    lines.on("close", () => {
      this.#ended = true;
      this.#changed();
    });
    child.stdin.on("error", () => undefined);
  }

  async next(withinMs: number): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const timer = setTimeout(() => reject(new Error("Cannot wait longer for an answer")), withinMs);
    this.#changed = () => {
      const line = this.#waiting.shift();
      if (line !== undefined) resolve(line);
      else if (this.#ended) reject(new Error("Cannot get an answer: the connection was closed"));
    };
    this.#changed();
    return await promise.finally(() => {
      clearTimeout(timer);
      this.#changed = () => undefined;
    });
  }
}
