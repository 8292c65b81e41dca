/**
 * The agent's doors. The unix socket is there from the start: its permissions are the right to use it. The TLS port
 * opens when the host enters a domain; it takes TLS 1.3 only, asks for a certificate, and leaves the judgement to
 * src/api/identify.ts, since people come with a token instead.
 */
import { chmodSync, chownSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { ListenOptions } from "node:net";
import { constants } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { FerryError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { OwnPlace } from "../trust/issuer.ts";
import type { Trust } from "../trust/trust.ts";
import { endUntrusted } from "./end-untrusted.ts";
import type { FrontDoor } from "./front-door.ts";
import type { Door } from "./services.ts";

/** A client that has not sent its request's head, or all of it, by then is holding a place. */
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 60_000;
const handshakeTimeoutMs = 10_000;
/** Hosts ask each other at each beat and at each list, people every few seconds: a handshake costs both ends more than the answer. */
const idleMsMax = 30_000;
/** How often those limits are looked at: Node's own half minute is long for whoever holds places on purpose. */
const limitsLookMs = 2_000;
/** A domain of hundreds of hosts with several connections each, and the consoles. */
const connectionsMax = 2_048;
/** From one address: more than a console behind one gateway needs, and too few to take every place. */
const addressConnectionsMax = 256;
/** Answers under way when the agent stops. */
const closeGraceMs = 2_000;

export interface ListenerParts {
  readonly log: Log;
  readonly trust: Trust;
  readonly name: string;
  readonly socket: { readonly path: string; readonly groupId: number | null };
  readonly tls: { readonly address: string; readonly port: number; readonly advertise: string };
}

export class Listener implements Door, AsyncDisposable {
  readonly #parts: ListenerParts;
  #front: FrontDoor | undefined;
  #local: Server | undefined;
  #tls: TlsServer | undefined;
  #stopListening: (() => void) | undefined;
  readonly #connections = new Set<TLSSocket>();

  constructor(parts: ListenerParts) {
    this.#parts = parts;
  }

  /** Opens the socket and, on a member of a domain, the port. Nobody is served before. */
  async start(front: FrontDoor): Promise<void> {
    this.#front = front;
    const { trust } = this.#parts;
    this.#stopListening = trust.onChange((change) => {
      if (change !== "roster") this.#useCredentials();
      endUntrusted(this.#connections, trust.snapshot);
    });
    if (this.#parts.trust.membership !== undefined) await this.open();
    await this.#openSocket(front);
  }

  async open(): Promise<OwnPlace> {
    const { name, tls, log } = this.#parts;
    if (this.#tls === undefined) {
      const server = createTlsServer(
        {
          minVersion: "TLSv1.3",
          connectionsCheckingInterval: limitsLookMs,
          requestCert: true,
          rejectUnauthorized: false,
          handshakeTimeout: handshakeTimeoutMs,
          ALPNProtocols: ["http/1.1"],
          // No resumption: every connection proves its certificate anew, also after a host was expelled.
          secureOptions: constants.SSL_OP_NO_TICKET,
          sessionIdContext: "ferry",
        },
        (request, response) => this.#front?.request(request, response),
      );
      bound(server);
      server.keepAliveTimeout = idleMsMax;
      boundAddresses(server);
      server.on("upgrade", (request, socket, head) => this.#front?.upgrade(request, socket, head));
      server.on("secureConnection", (socket) => {
        this.#connections.add(socket);
        socket.once("close", () => this.#connections.delete(socket));
      });
      server.on("tlsClientError", (error, socket) => {
        log.debug({ where: socket.remoteAddress, reason: error.message }, "a TLS handshake failed");
      });
      await listenTls(server, tls);
      this.#tls = server;
      this.#useCredentials();
      log.info({ address: tls.address, port: this.port }, "listening for hosts and the API");
    }
    return { name, address: tls.advertise, port: this.port ?? tls.port };
  }

  place(): OwnPlace {
    const { name, tls } = this.#parts;
    if (this.port !== undefined) return { name, address: tls.advertise, port: this.port };
    throw new FerryError("domain-missing", "Cannot be reached from outside: there is no domain", {
      remedy: "Create one (ferry domain create NAME), or join one (ferry host join TOKEN)",
    });
  }

  /** The TLS port listened on; undefined while none is. */
  get port(): number | undefined {
    const address = this.#tls?.address();
    return typeof address === "object" && address !== null ? address.port : undefined;
  }

  async closeIfUnused(): Promise<void> {
    if (this.#parts.trust.membership !== undefined || this.#tls === undefined) return;
    const server = this.#tls;
    this.#tls = undefined;
    await close(server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopListening?.();
    const servers = [this.#local, this.#tls].filter((server) => server !== undefined);
    await Promise.all(servers.map(close));
    if (this.#local !== undefined) rmSync(this.#parts.socket.path, { force: true });
  }

  /** Connections that exist stay, but for those of hosts that are not trusted any more; new ones see the renewed certificate and the present authorities. */
  #useCredentials(): void {
    if (this.#tls === undefined || this.#parts.trust.membership === undefined) return;
    const { key, cert, ca } = this.#parts.trust.tlsMaterial();
    this.#tls.setSecureContext({ key, cert, ca: [...ca], minVersion: "TLSv1.3" });
  }

  async #openSocket(front: FrontDoor): Promise<void> {
    const { path, groupId } = this.#parts.socket;
    // The instance lock is held: whatever lies here is a former agent's.
    rmSync(path, { force: true });
    const server = bound(createServer((request, response) => front.request(request, response)));
    server.on("upgrade", (request, socket, head) => front.upgrade(request, socket, head));
    // Nobody else's from its first moment on: `listen` makes the file before it returns, under this mask.
    const mask = process.umask(0o177);
    const listening = listen(server, { path });
    process.umask(mask);
    await listening;
    this.#local = server;
    if (groupId === null) return;
    chownSync(path, process.getuid?.() ?? 0, groupId);
    chmodSync(path, 0o660);
  }
}

function bound<S extends Server | TlsServer>(server: S): S {
  server.headersTimeout = headersTimeoutMs;
  server.requestTimeout = requestTimeoutMs;
  server.maxConnections = connectionsMax;
  return server;
}

/** Before the handshake, which is what costs: a stranger gets no further than this. */
function boundAddresses(server: TlsServer): void {
  const connections = new Map<string, number>();
  server.on("connection", (socket) => {
    const { remoteAddress } = socket;
    if (remoteAddress === undefined) return;
    const present = connections.get(remoteAddress) ?? 0;
    if (present >= addressConnectionsMax) return void socket.destroy();
    connections.set(remoteAddress, present + 1);
    socket.once("close", () => {
      const left = (connections.get(remoteAddress) ?? 1) - 1;
      if (left === 0) connections.delete(remoteAddress);
      else connections.set(remoteAddress, left);
    });
  });
}

/** `::` on a kernel without IPv6 means every IPv4 address. */
async function listenTls(
  server: TlsServer,
  { address, port }: ListenerParts["tls"],
): Promise<void> {
  try {
    await listen(server, { host: address, port });
  } catch (error) {
    const { code } = (error as FerryError).cause as NodeJS.ErrnoException;
    if (address !== "::" || code !== "EAFNOSUPPORT") throw error;
    await listen(server, { host: "0.0.0.0", port });
  }
}

async function listen(server: Server | TlsServer, options: ListenOptions): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(options, resolve);
  try {
    await promise;
  } catch (cause) {
    throw cannotListen(options, cause as NodeJS.ErrnoException);
  } finally {
    server.off("error", reject);
  }
}

function cannotListen(options: ListenOptions, cause: NodeJS.ErrnoException): FerryError {
  const where = options.path ?? `${options.host} port ${options.port}`;
  if (cause.code === "EADDRINUSE") {
    return new FerryError("in-use", `Cannot listen on ${where}: another program does`, {
      remedy: "Stop that program, or choose another port with api.port in ferryd.yaml",
      cause,
    });
  }
  return new FerryError("system-refused", `Cannot listen on ${where}`, {
    remedy: "Check api.address in ferryd.yaml against the host's addresses, and the agent's rights",
    cause,
  });
}

/** Lets answers under way end, for a moment. */
async function close(server: Server | TlsServer): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), closeGraceMs);
  await promise;
  clearTimeout(timer);
}
