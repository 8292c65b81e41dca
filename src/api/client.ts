/**
 * The API as a typed client: one call per route, the agent's errors as FerryErrors with their code, message and
 * remedy, a deadline on everything, and the event stream with its reconnects. The command line and the lab use nothing
 * else to talk to agents.
 */
import { FerryError } from "../base/errors.ts";
import { readAnswer } from "./answer.ts";
import { describeEndpoint, type Endpoint } from "./endpoint.ts";
import { type EventStreamOptions, readEvents } from "./event-stream.ts";
import type { CallArguments, CallOptions, Routes } from "./routes-table.ts";
import type { FerryEvent } from "./schema/event.ts";
import { timeoutOf } from "./timeouts.ts";
import { Transport } from "./transport.ts";

/** Any route's request, for the code that serves them all. */
interface LooseRequest extends CallOptions {
  readonly params?: Readonly<Record<string, string>> | undefined;
  readonly query?: object | undefined;
  readonly body?: unknown;
}

export class ApiClient implements Disposable {
  readonly #transport: Transport;

  constructor(endpoint: Endpoint) {
    this.#transport = new Transport(endpoint);
  }

  /**
   * Calls one route and resolves to its answer. Rejects with the agent's error as it gave it; with `unreachable`,
   * `forbidden` or `peer-refused` when no agent answered; with `timeout` at the deadline; with the signal's reason.
   */
  async call<Route extends keyof Routes>(
    route: Route,
    ...[request]: CallArguments<Route>
  ): Promise<Routes[Route]["answer"]> {
    const { params, query, body, host, signal, timeoutMs, generation } = (request ??
      {}) as LooseRequest;
    const [method = "GET", path = "/"] = route.split(" ");
    const deadline = AbortSignal.timeout(timeoutMs ?? timeoutOf(route));
    try {
      const response = await this.#transport.exchange({
        method,
        target: fillPath(path, params ?? {}) + queryText(query ?? {}),
        body,
        headers: {
          ...(host === undefined ? {} : { "ferry-host": host }),
          ...(generation === undefined ? {} : { "if-match": `"${generation}"` }),
        },
        signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      });
      return (await readAnswer(response)) as Routes[Route]["answer"];
    } catch (error) {
      if (deadline.aborted && signal?.aborted !== true) throw this.#tooLate(error);
      throw error;
    }
  }

  /** The host's events as they happen, without end: see `readEvents`. */
  events(options: EventStreamOptions): AsyncGenerator<FerryEvent> {
    return readEvents(this.#transport, options);
  }

  [Symbol.dispose](): void {
    this.#transport[Symbol.dispose]();
  }

  #tooLate(cause: unknown): FerryError {
    const agent = describeEndpoint(this.#transport.endpoint);
    return new FerryError("timeout", `Cannot wait longer for the agent at "${agent}"`, {
      remedy:
        "The operation may still be under way: look at the VM or the migration before trying again",
      cause,
    });
  }
}

function fillPath(path: string, params: Readonly<Record<string, string>>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name] ?? "";
    // An empty segment, "." or ".." would be another path by the time it arrives.
    if (/^\.{0,2}$/.test(value)) {
      throw new FerryError("bad-input", `Cannot use "${value}" as the name of a ${name}`, {
        remedy: "Names begin with a letter or a digit",
      });
    }
    return encodeURIComponent(value);
  });
}

function queryText(query: object): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  if (given.length === 0) return "";
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return `?${text}`;
}
