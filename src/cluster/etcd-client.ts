/**
 * Asks etcd over its JSON gateway, with mutual TLS and Node's own client (docs/decisions/0180). A question goes to the endpoint that
 * answered last; one that does not answer is passed over, unless the change may have been made there: then only the caller knows how to
 * find out.
 */
import { Agent, request as httpsRequest } from "node:https";
import { FerryError } from "../base/errors.ts";
import { EtcdError, mayHaveHappened, noAnswer, noConnection, refusedByEtcd } from "./etcd-error.ts";
import {
  decodeOutcome,
  encodeTransaction,
  type Kept,
  type Outcome,
  type Transaction,
} from "./etcd-request.ts";

/** Where etcd is and what this host shows it; PEM. */
export interface EtcdAccess {
  /** Such as `https://10.0.0.1:6665`; at least one. */
  readonly endpoints: readonly string[];
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface AskOptions {
  /** For each endpoint. Default 3 000: etcd answers in milliseconds, and electing a leader takes a second. */
  readonly timeoutMs?: number;
  /** Saying it twice does no harm: then the next endpoint is asked whatever became of it at the last. */
  readonly repeatable?: boolean;
}

const askMsMax = 3_000;
/** More is no answer to anything that Ferry asks. */
const answerBytesMax = 256 * 1024 * 1024;

export class EtcdClient implements Disposable {
  readonly #access: () => EtcdAccess;
  #agent: { readonly of: string; readonly agent: Agent } | undefined;
  #preferred = 0;

  /** `access` is asked at every question, so that renewed certificates and new members count at once. */
  constructor(access: () => EtcdAccess) {
    this.#access = access;
  }

  /** @throws EtcdError. */
  async transact(transaction: Transaction, options: AskOptions = {}): Promise<Outcome> {
    const isRead = (transaction.changes ?? []).length === 0;
    const answer = await this.ask("/v3/kv/txn", encodeTransaction(transaction), {
      repeatable: isRead,
      ...options,
    });
    return decodeOutcome(transaction, JSON.parse(answer.toString()));
  }

  /** A key's present value, or undefined. */
  async get(key: string, options: AskOptions = {}): Promise<Kept | undefined> {
    const { answers } = await this.transact({ questions: [{ get: key }] }, options);
    return answers[0]?.[0];
  }

  async list(prefix: string, options: AskOptions = {}): Promise<readonly Kept[]> {
    const { answers } = await this.transact({ questions: [{ prefix }] }, options);
    return answers[0] ?? [];
  }

  /** One question, to whichever endpoint answers. @throws EtcdError of the last. */
  async ask(path: string, body: object, options: AskOptions = {}): Promise<Buffer> {
    const { endpoints } = this.#access();
    const first = this.#preferred;
    let failure: unknown = new FerryError("unreachable", "Cannot ask etcd: no endpoint is known");
    for (let turn = 0; turn < endpoints.length; turn++) {
      const index = (first + turn) % endpoints.length;
      try {
        const answer = await this.askAt(endpoints[index] ?? "", path, body, options);
        this.#preferred = index;
        return answer;
      } catch (error) {
        failure = error;
        // What one member says no to, the others would.
        if (error instanceof EtcdError && error.code === "system-refused") break;
        if (options.repeatable !== true && mayHaveHappened(error)) break;
      }
    }
    // The next question does not begin where this one hung.
    this.#preferred = (first + 1) % Math.max(1, endpoints.length);
    throw failure;
  }

  /** One question to one endpoint. @throws EtcdError. */
  askAt(endpoint: string, path: string, body: object, options: AskOptions = {}): Promise<Buffer> {
    const { timeoutMs = askMsMax } = options;
    const sent = Buffer.from(JSON.stringify(body));
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    const deadline = AbortSignal.timeout(timeoutMs);
    const request = httpsRequest(new URL(path, endpoint), {
      agent: this.#agentOf(),
      method: "POST",
      headers: { "content-type": "application/json", "content-length": sent.length },
      signal: deadline,
    });
    const fail = (cause: NodeJS.ErrnoException): void => {
      if (cause instanceof EtcdError) reject(cause);
      else reject(deadline.aborted ? noAnswer(endpoint, timeoutMs) : noConnection(endpoint, cause));
    };
    request.on("error", fail);
    request.on("response", (response) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      response.on("data", (part: Buffer) => {
        parts.push(part);
        bytes += part.length;
        if (bytes > answerBytesMax) response.destroy(new Error("etcd's answer is too long"));
      });
      response.on("error", fail);
      response.on("end", () => {
        const answer = Buffer.concat(parts);
        if (response.statusCode === 200) resolve(answer);
        else reject(refusedByEtcd(endpoint, wordsOf(answer, response.statusCode)));
      });
    });
    request.end(sent);
    return promise;
  }

  #agentOf(): Agent {
    const { ca, cert, key } = this.#access();
    const of = `${ca}${cert}`;
    if (this.#agent?.of === of) return this.#agent.agent;
    this.#agent?.agent.destroy();
    const agent = new Agent({ keepAlive: true, ca, cert, key, maxCachedSessions: 0 });
    this.#agent = { of, agent };
    return agent;
  }

  [Symbol.dispose](): void {
    this.#agent?.agent.destroy();
  }
}

/** The gateway's error is JSON with `error` or `message`; what stands before it may be anything. */
function wordsOf(answer: Buffer, status: number | undefined): string {
  try {
    const { error, message } = JSON.parse(answer.toString()) as Record<string, unknown>;
    const said = error ?? message;
    if (typeof said === "string") return said.slice(0, 300);
  } catch {
    // Not etcd's own words.
  }
  return `status ${status}`;
}
