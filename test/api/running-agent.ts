/**
 * A real agent in this process, in a directory of its own and on an address of its own, so that several of them make
 * a domain. Nothing is replaced: SQLite, TLS, sockets and HTTP are those of a host.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestTls } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Value from "typebox/value";
import { AgentConfig } from "../../src/agent/config.ts";
import { startAgent } from "../../src/agent/start.ts";
import type { Agent } from "../../src/agent/wire.ts";
import { requireDocumented } from "./documented.ts";

export const port = 6600;
let hosts = 0;

/** An address that no other test process uses: every process has its own part of 127.0.0.0/8. */
export function ownAddress(): string {
  hosts += 1;
  assert.ok(hosts < 256, "one test process makes at most 255 hosts");
  return `127.${64 + ((process.pid >> 8) & 127)}.${process.pid & 255}.${hosts}`;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

export interface Ask {
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  /** Over TLS with these credentials; absent: over the unix socket. */
  readonly tls?: { readonly key?: string; readonly cert?: string; readonly token?: string };
}

export interface RunningAgent extends AsyncDisposable {
  readonly config: AgentConfig;
  readonly address: string;
  readonly directory: string;
  readonly socketPath: string;
  /** Sends a request and holds the answer against openapi.json. `route` is such as `GET /v1/vms/web01`. */
  ask(route: string, ask?: Ask): Promise<Answer>;
  /** The body of a good answer; fails the test on any other. */
  good<Body>(route: string, ask?: Ask): Promise<Body>;
  stop(): Promise<void>;
  /** Starts it again on the same directory, after `stop`. */
  start(): Promise<void>;
  restart(): Promise<void>;
}

export interface AgentOptions {
  readonly name: string;
  readonly address?: string;
  /** Changes the configuration before the agent starts. */
  readonly configure?: (config: AgentConfig) => void;
  /** Prepares the directory before the agent starts. */
  readonly prepare?: (directory: string) => Promise<void>;
}

export async function runAgent(options: AgentOptions): Promise<RunningAgent> {
  const address = options.address ?? ownAddress();
  const directory = mkdtempSync(join(tmpdir(), "ferry-api-"));
  const config = Value.Default(AgentConfig, {
    name: options.name,
    paths: {
      state: join(directory, "state"),
      run: join(directory, "run"),
      memory: join(directory, "memory"),
    },
    api: { address, advertise: address, port },
    qemu: { user: null },
    log: { level: "error" },
  }) as AgentConfig;
  options.configure?.(config);
  await options.prepare?.(directory);
  let agent: Agent | undefined = await startAgent(config);
  const { socketPath } = agent;
  const start = async (): Promise<void> => {
    agent = await startAgent(config);
  };
  const stop = async (): Promise<void> => {
    const stopping = agent;
    agent = undefined;
    await stopping?.[Symbol.asyncDispose]();
  };
  const ask = async (route: string, { tls, body, headers = {} }: Ask = {}): Promise<Answer> => {
    const answer = await exchange({ route, body, headers, tls, socketPath, address });
    // The console's pages are no operations of the API.
    if (!/ \/(?:console\/.*)?$/.test(route)) requireDocumented(route, answer);
    return answer;
  };
  return {
    config,
    address,
    directory,
    socketPath,
    ask,
    async good<Body>(route: string, how?: Ask): Promise<Body> {
      const { status, body } = await ask(route, how);
      assert.ok(status < 300, `${route}: ${status} ${JSON.stringify(body)}`);
      return body as Body;
    },
    start,
    stop,
    async restart() {
      await stop();
      await start();
    },
    async [Symbol.asyncDispose]() {
      await stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Makes the first a domain's issuer and lets the others join. */
export async function makeDomain(
  name: string,
  issuer: RunningAgent,
  ...others: RunningAgent[]
): Promise<void> {
  await issuer.good("POST /v1/domain", { body: { name } });
  for (const other of others) {
    const { token } = await issuer.good<{ token: string }>("POST /v1/domain/join-tokens", {
      body: {},
    });
    await other.good("POST /v1/domain/join", { body: { token } });
  }
}

/** The code of a refused request's error. */
export function codeOf({ body }: Answer): string | undefined {
  return (body as { error?: { code: string } } | null)?.error?.code;
}

interface Exchange extends Required<Pick<Ask, "headers">> {
  readonly route: string;
  readonly body: unknown;
  readonly tls: Ask["tls"];
  readonly socketPath: string;
  readonly address: string;
}

async function exchange(given: Exchange): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const [method = "GET", path = "/"] = given.route.split(" ");
  const text = given.body === undefined ? undefined : JSON.stringify(given.body);
  const headers: Record<string, string | number> = { ...given.headers };
  if (text !== undefined) {
    headers["content-type"] ??= "application/json";
    headers["content-length"] = Buffer.byteLength(text);
  }
  if (given.tls?.token !== undefined) headers["authorization"] = `Bearer ${given.tls.token}`;
  const common = { method, path, headers, agent: false as const };
  const request =
    given.tls === undefined
      ? requestHttp({ ...common, socketPath: given.socketPath })
      : requestTls({
          ...common,
          host: given.address,
          port,
          ...(given.tls.key === undefined ? {} : { key: given.tls.key }),
          ...(given.tls.cert === undefined ? {} : { cert: given.tls.cert }),
          // The server's certificate is another test's subject (test/trust/).
          rejectUnauthorized: false,
        });
  request.on("error", reject);
  request.on("response", resolve);
  request.end(text);
  const response = await promise;
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece as Buffer);
  const received = Buffer.concat(pieces).toString();
  const isJson = (response.headers["content-type"] ?? "").startsWith("application/json");
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: isJson ? (JSON.parse(received) as unknown) : received,
  };
}
