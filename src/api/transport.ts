/**
 * One HTTP exchange with an agent: over its unix socket, or over TLS with the domain's certificate authority. `fetch`
 * is not used: it reaches no unix socket and takes no certificate authority of its own.
 */
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as TlsAgent, request as requestTls } from "node:https";
import { refusedConnection } from "./connection-errors.ts";
import type { Endpoint } from "./endpoint.ts";

export interface Exchange {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal: AbortSignal;
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
