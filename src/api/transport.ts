/**
 * One HTTP exchange with an agent: over its unix socket, or over TLS with the domain's certificate authority. `fetch`
 * is not used: it reaches no unix socket and takes no certificate authority of its own.
 */
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as TlsAgent, request as requestTls } from "node:https";
import { FerryError } from "../base/errors.ts";
import { refusedConnection } from "./connection-errors.ts";

export type Endpoint =
  /** The agent of this machine. The socket's permissions are the right to use it. */
  | { readonly kind: "socket"; readonly path: string }
  /** Any agent of the domain. `ca` is the domain's certificate, PEM; only what it issued is talked to. */
  | { readonly kind: "tls"; readonly url: URL; readonly ca: string; readonly token: string };

export interface Exchange {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal: AbortSignal;
}

export function describeEndpoint(endpoint: Endpoint): string {
  return endpoint.kind === "socket" ? endpoint.path : endpoint.url.origin;
}

export class Transport implements Disposable {
  readonly endpoint: Endpoint;
  readonly #connections: HttpAgent;

  constructor(endpoint: Endpoint) {
    this.endpoint = endpoint;
    // One connection, kept open: a watch asks several times a second.
    this.#connections =
      endpoint.kind === "socket"
        ? new HttpAgent({ keepAlive: true })
        : new TlsAgent({ keepAlive: true, ca: endpoint.ca, minVersion: "TLSv1.3" });
  }

  /**
   * Sends the request and resolves when the answer's head is here; its body is the caller's to read.
   * Rejects with FerryError `unreachable`, `forbidden` (the socket's permissions) or `peer-refused` (the certificate)
   * when no exchange came about, and with the signal's reason when it was aborted.
   */
  exchange(exchange: Exchange): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const { endpoint } = this;
    const { method, target: path, signal } = exchange;
    const body =
      exchange.body === undefined ? undefined : Buffer.from(JSON.stringify(exchange.body));
    const headers = {
      accept: "application/json",
      ...(body && { "content-type": "application/json", "content-length": String(body.length) }),
      ...(endpoint.kind === "tls" && { authorization: `Bearer ${endpoint.token}` }),
      ...exchange.headers,
    };
    const common = { method, path, headers, signal, agent: this.#connections };
    const request =
      endpoint.kind === "socket"
        ? requestHttp({ ...common, socketPath: endpoint.path })
        : requestTls(endpoint.url, common);
    request.on("response", resolve);
    request.on("error", (error) => {
      reject(signal.aborted ? signal.reason : refusedConnection(endpoint, error));
    });
    request.end(body);
    return promise;
  }

  [Symbol.dispose](): void {
    this.#connections.destroy();
  }
}

/** The largest answer the client reads: a long history stays far below, an endless answer is cut off. */
export const answerBytesMax = 64 * 1024 * 1024;

/** @throws FerryError `peer-protocol` when the body is larger than `answerBytesMax`, `unreachable` when it breaks off. */
export async function readBody(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of response as AsyncIterable<Buffer>) {
      pieces.push(piece);
      length += piece.length;
      if (length > answerBytesMax) {
        response.destroy();
        throw new FerryError(
          "peer-protocol",
          `Cannot read the agent's answer: it is larger than ${answerBytesMax} bytes`,
        );
      }
    }
  } catch (cause) {
    if (cause instanceof FerryError) throw cause;
    throw new FerryError("unreachable", "Cannot read the agent's answer: the connection broke", {
      remedy: "Try again; if it happens again, look into the agent's log: journalctl -u ferryd",
      cause,
    });
  }
  return Buffer.concat(pieces).toString("utf8");
}
