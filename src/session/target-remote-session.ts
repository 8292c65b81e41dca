/** The target's session on the main thread: it is open before its source has come. */
import type { Worker } from "node:worker_threads";
import { FerryError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { TargetSession } from "./options.ts";
import { RemoteSession } from "./remote-session.ts";
import type { TargetSettings } from "./worker-messages.ts";

export class TargetRemoteSession extends RemoteSession implements TargetSession {
  readonly ticket: string;
  #port = 0;
  readonly #connected = Promise.withResolvers<void>();

  constructor(
    settings: TargetSettings,
    ...rest: [log: Log, worker: Worker, giveBack: (worker: Worker) => void]
  ) {
    super(settings, ...rest);
    this.ticket = settings.ticket;
    // Whoever calls `connected` hears of it; nobody has to.
    this.#connected.promise.catch(() => {});
    this.on("closed", (reason) => this.#connected.reject(neverCame(reason)));
  }

  get port(): number {
    return this.#port;
  }

  override async opened(): Promise<number> {
    this.#port = await super.opened();
    return this.#port;
  }

  async connected(options: { signal?: AbortSignal; timeoutMs: number }): Promise<void> {
    const { promise: givenUp, reject } = Promise.withResolvers<never>();
    const aborted = () => reject(options.signal?.reason);
    options.signal?.throwIfAborted();
    options.signal?.addEventListener("abort", aborted, { once: true });
    const timer = setTimeout(() => reject(tooLate(options.timeoutMs)), options.timeoutMs);
    try {
      await Promise.race([this.#connected.promise, givenUp]);
    } finally {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", aborted);
    }
  }

  protected override connectedFirst(): void {
    this.#connected.resolve();
  }
}

function neverCame(reason: string | undefined): FerryError {
  return new FerryError("unreachable", `The session ended: ${reason ?? "closed here"}`);
}

function tooLate(timeoutMs: number): FerryError {
  return new FerryError(
    "timeout",
    `Cannot wait longer for the source: no lane in ${timeoutMs} ms`,
    {
      remedy: "Open the ports of session.portFirst to session.portLast between the hosts",
    },
  );
}
