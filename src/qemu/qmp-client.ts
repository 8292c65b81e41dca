/** Talks QMP over a unix socket: commands with ids, answers in any order, events as they come. */
import { createConnection, type Socket } from "node:net";
import { FerryError } from "../base/errors.ts";
import type { Qmp, QmpEvent } from "./qmp.ts";
import { LineSplitter } from "./qmp-lines.ts";
import { parseQmpMessage, type QmpMessage } from "./qmp-message.ts";

const commandTimeoutMs = 30_000;

interface PendingCommand {
  readonly command: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: FerryError) => void;
}

export class QmpClient implements Qmp {
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #splitter = new LineSplitter();
  readonly #pending = new Map<number, PendingCommand>();
  readonly #listeners = new Set<(event: QmpEvent) => void>();
  /** Those who wait for an event: told when none can come any more. */
  readonly #waiting = new Set<(error: FerryError) => void>();
  readonly #greeting = Promise.withResolvers<string>();
  #nextId = 1;
  #commands: Promise<ReadonlySet<string>> | undefined;
  #failure: FerryError | undefined;
  #version = "";

  private constructor(socket: Socket) {
    this.#socket = socket;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    this.#greeting.promise.catch(() => {});
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("error", (cause) => {
      this.#fail(cause instanceof FerryError ? cause : unreachable("the socket failed", cause));
    });
    socket.on("close", () => {
      this.#fail(unreachable("QEMU closed the socket"));
      resolve();
    });
  }

  /**
   * Connects and negotiates.
   * @throws FerryError `unreachable` when nobody listens, `timeout` when nobody greets: a monitor serves one client at
   * a time.
   */
  static async connect(path: string, options: { timeoutMs?: number } = {}): Promise<QmpClient> {
    const timeoutMs = options.timeoutMs ?? 10_000;
    const client = new QmpClient(await openSocket(path));
    const timer = setTimeout(
      () => client.#socket.destroy(greetingLate(path, timeoutMs)),
      timeoutMs,
    );
    try {
      client.#version = await client.#greeting.promise;
      await client.execute("qmp_capabilities", {}, { timeoutMs });
    } catch (error) {
      client.#socket.destroy();
      throw error;
    } finally {
      clearTimeout(timer);
    }
    return client;
  }

  /** QEMU's version as its greeting says, such as `7.2.22`. */
  get version(): string {
    return this.#version;
  }

  async execute<Result = unknown>(
    command: string,
    args: Record<string, unknown> = {},
    options: { timeoutMs?: number } = {},
  ): Promise<Result> {
    if (this.#failure !== undefined) throw cannotRun(command, this.#failure);
    const timeoutMs = options.timeoutMs ?? commandTimeoutMs;
    const id = this.#nextId++;
    const answer = Promise.withResolvers<unknown>();
    this.#pending.set(id, { command, resolve: answer.resolve, reject: answer.reject });
    const timer = setTimeout(() => answer.reject(answerLate(command, timeoutMs)), timeoutMs);
    this.#socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\r\n`);
    try {
      return (await answer.promise) as Result;
    } finally {
      clearTimeout(timer);
      this.#pending.delete(id);
    }
  }

  async has(command: string): Promise<boolean> {
    this.#commands ??= this.execute<{ name: string }[]>("query-commands").then(
      (commands) => new Set(commands.map(({ name }) => name)),
    );
    return (await this.#commands).has(command);
  }

  onEvent(listener: (event: QmpEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async waitFor(
    predicate: (event: QmpEvent) => boolean,
    options: { timeoutMs?: number; signal?: AbortSignal } = {},
  ): Promise<QmpEvent> {
    const { timeoutMs = commandTimeoutMs, signal } = options;
    signal?.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure;
    const { promise, resolve, reject } = Promise.withResolvers<QmpEvent>();
    const stop = this.onEvent((event) => {
      if (predicate(event)) resolve(event);
    });
    const abort = () => reject(signal?.reason);
    signal?.addEventListener("abort", abort);
    const timer = setTimeout(() => reject(eventLate(timeoutMs)), timeoutMs);
    this.#waiting.add(reject);
    try {
      return await promise;
    } finally {
      stop();
      this.#waiting.delete(reject);
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    await this.closed;
  }

  #read(chunk: Buffer): void {
    try {
      for (const line of this.#splitter.push(chunk)) {
        if (line !== "") this.#dispatch(parseQmpMessage(line));
      }
    } catch (error) {
      this.#socket.destroy(FerryError.from(error));
    }
  }

  #dispatch(message: QmpMessage): void {
    switch (message.kind) {
      case "greeting":
        this.#greeting.resolve(message.version);
        return;
      case "event":
        for (const listener of this.#listeners) listener(message.event);
        return;
      case "return":
        this.#pending.get(message.id)?.resolve(message.value);
        return;
      case "error": {
        const pending = message.id === undefined ? undefined : this.#pending.get(message.id);
        pending?.reject(refused(pending.command, message.errorClass, message.description));
        return;
      }
    }
  }

  #fail(error: FerryError): void {
    this.#failure ??= error;
    this.#greeting.reject(this.#failure);
    for (const reject of this.#waiting) reject(this.#failure);
    for (const { command, reject } of this.#pending.values()) {
      reject(cannotRun(command, this.#failure));
    }
  }
}

function openSocket(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    const fail = (cause: Error) =>
      reject(
        new FerryError("unreachable", `Cannot connect to QEMU's monitor "${path}"`, { cause }),
      );
    socket.once("error", fail);
    socket.once("connect", () => {
      socket.off("error", fail);
      resolve(socket);
    });
  });
}

/** QEMU's description is its own finding, not a wrapped error: it is what the reader needs to see. */
function refused(command: string, errorClass: string, description: string): FerryError {
  return new FerryError("qemu-failed", `Cannot run QMP command "${command}": ${description}`, {
    details: { command, class: errorClass },
  });
}

function cannotRun(command: string, cause: FerryError): FerryError {
  return new FerryError(
    "unreachable",
    `Cannot run QMP command "${command}": the monitor is closed`,
    {
      cause,
    },
  );
}

function unreachable(reason: string, cause?: unknown): FerryError {
  return new FerryError("unreachable", `Cannot talk to QEMU: ${reason}`, { cause });
}

function greetingLate(path: string, timeoutMs: number): FerryError {
  return new FerryError(
    "timeout",
    `Cannot open QEMU's monitor "${path}": no greeting after ${timeoutMs} ms`,
    {
      remedy: "See whether another client holds the monitor",
    },
  );
}

function answerLate(command: string, timeoutMs: number): FerryError {
  return new FerryError(
    "timeout",
    `Cannot run QMP command "${command}": no answer after ${timeoutMs} ms`,
  );
}

function eventLate(timeoutMs: number): FerryError {
  return new FerryError(
    "timeout",
    `Cannot see QEMU's event: it did not come within ${timeoutMs} ms`,
  );
}
