/**
 * Session workers that are there before anyone needs them. A thread that loads its modules takes most of a second of processor
 * time on each host, which a small move would wait for, and its guest would feel; as much again goes into compiling what is
 * hot in the first session of a thread. One that is ready costs some memory.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";

/** What a worker is told that has time until its session comes. */
export const spare = "spare";

/** What it is told, in place of a session's settings, when no session will come. */
export const unneeded = "unneeded";

/** The other threads of a session that just ended, and the guest it brought, go first. */
const refillMs = 1_000;

export class SpareWorkers implements AsyncDisposable {
  #spare: Worker | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor() {
    this.#refill();
  }

  /** A worker that is ready, or else a fresh one; the caller's until it ends or is given back. */
  take(): Worker {
    const worker = this.#spare ?? startWorker();
    this.#spare = undefined;
    worker.removeAllListeners();
    worker.ref();
    worker.once("exit", () => this.#refillLater());
    return worker;
  }

  /** One that says that it is free. It is better than a spare one that has served nobody yet, which makes room for it. */
  giveBack(worker: Worker): void {
    const other = this.#isClosed ? worker : this.#spare;
    if (!this.#isClosed) this.#keep(worker);
    if (other !== undefined) endWorker(other);
  }

  /**
   * Resolves when the spare worker is gone. It ends by itself, between two of its turns: one that is terminated while it makes a
   * compressor takes the whole process along (Node 26.10 asserts that what it closes was begun).
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const worker = this.#spare;
    if (worker === undefined) return;
    worker.ref();
    const gone = once(worker, "exit");
    worker.postMessage(unneeded);
    await gone;
  }

  #refillLater(): void {
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => this.#refill(), refillMs).unref();
  }

  #refill(): void {
    if (this.#spare !== undefined) return;
    this.#keep(startWorker(spare));
  }

  #keep(worker: Worker): void {
    worker.removeAllListeners();
    const gone = () => {
      if (this.#spare === worker) this.#spare = undefined;
    };
    worker.on("error", gone);
    worker.on("exit", gone);
    worker.unref();
    this.#spare = worker;
  }
}

/** Beside this file as a source, and beside the agent where it is packed (packaging/packed-programs.ts). */
const workerFile = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";

/** Waits for the settings of its session as its first message. */
export function startWorker(kind?: typeof spare): Worker {
  const name = "ferry-session";
  // Each would say anew that FFI is experimental (base/trim-memory.ts).
  const execArgv = ["--disable-warning=ExperimentalWarning"];
  return new Worker(new URL(workerFile, import.meta.url), { name, execArgv, workerData: kind });
}

/** Ends by itself, between two of its turns. */
export function endWorker(worker: Worker): void {
  worker.removeAllListeners().on("error", () => {});
  worker.postMessage(unneeded);
}
