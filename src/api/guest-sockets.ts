/**
 * Websockets to a VM's screen and serial console. The host that has the VM ends them at QEMU's unix sockets; any other
 * host of the domain hands the whole connection on to it, as it came, over a connection between the two agents.
 */
import { STATUS_CODES, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { errorCodes, FerryError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { vmSockets } from "../qemu/sockets.ts";
import { callerName, roleOf } from "./caller.ts";
import { formatBehalf, identifyCaller, onBehalfOfHeader } from "./identify.ts";
import { locateVm } from "./locate.ts";
import { otherMembers, type PeerAddress } from "./peer-directory.ts";
import { permit } from "./permit.ts";
import { joinRaw } from "./join-raw.ts";
import { carryBytes, carrySerial } from "./socket-carriers.ts";
import type { Services } from "./services.ts";

type Kind = "screen" | "serial";

/** What people type and where they point: a message larger than this is no such thing. */
const messageBytesMax = 1024 * 1024;
/** Screens open on one host at a time: each costs two sockets. */
const socketsMax = 512;

export class GuestSockets implements Disposable {
  readonly #services: Services;
  readonly #log: Log;
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: messageBytesMax,
    perMessageDeflate: false,
  });
  /** Of this host's guests. */
  readonly #open = new Set<WebSocket>();
  /** These and the connections that are handed on to other hosts. */
  readonly #taken = new Set<Duplex>();

  constructor(services: Services, log: Log) {
    this.#services = services;
    this.#log = log;
  }

  async take(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on("error", () => socket.destroy());
    this.#taken.add(socket);
    socket.on("close", () => this.#taken.delete(socket));
    try {
      const url = new URL(request.url ?? "/", "http://ferry");
      const [, name, kind] = /^\/v1\/vms\/([^/]+)\/(screen|serial)$/.exec(url.pathname) ?? [];
      if (name === undefined) throw unknownPath(url.pathname);
      await this.#serve(request, socket, head, {
        ...{ vm: decodeURIComponent(name), kind: kind as Kind, url },
      });
    } catch (error) {
      refuse(socket, FerryError.from(error));
    }
  }

  [Symbol.dispose](): void {
    // 1001: going away. The page then looks for the VM anew.
    for (const socket of this.#open) socket.close(1001);
    for (const socket of this.#taken) socket.end(() => socket.destroy());
    this.#server.close();
  }

  async #serve(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    wanted: { readonly vm: string; readonly kind: Kind; readonly url: URL },
  ): Promise<void> {
    const { trust, tokens, consoleSessions: sessions, peers } = this.#services;
    const caller = identifyCaller(request, { trust, tokens, sessions });
    permit(caller, `GET /v1/vms/{vm}/${wanted.kind}`);
    const place =
      caller.kind === "host" || caller.kind === "relayed"
        ? "here"
        : await this.#locate(wanted.vm, wanted.url);
    if (place === "here") {
      this.#end(request, socket, head, wanted);
      return;
    }
    const role = roleOf(caller) ?? "viewer";
    const answer = await peers.upgrade(place, {
      method: "GET",
      path: request.url ?? "",
      headers: {
        ...handshakeOf(request),
        [onBehalfOfHeader]: formatBehalf(role, callerName(caller)),
      },
    });
    joinRaw(socket, head, answer);
  }

  async #locate(vm: string, url: URL): Promise<"here" | PeerAddress> {
    const { trust, self } = this.#services;
    const host = url.searchParams.get("host");
    if (host === null) return await locateVm(this.#services, vm);
    if (host === self.name) return "here";
    const peer = otherMembers(trust).find(({ name, id }) => name === host || id === host);
    if (peer !== undefined) return peer;
    throw new FerryError("not-found", `Cannot find host "${host}" in the domain`, {
      remedy: "List them: ferry host list",
    });
  }

  #end(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    { vm, kind, url }: { readonly vm: string; readonly kind: Kind; readonly url: URL },
  ): void {
    if (this.#open.size >= socketsMax) {
      throw new FerryError("busy", `Cannot open the ${kind}: ${socketsMax} are open on this host`, {
        remedy: "Close screens that nobody looks at",
      });
    }
    const { vms, serialLogs, self } = this.#services;
    const { definition } = vms.get(vm);
    const process = vms.process(definition.id);
    if (process === undefined) throw notRunning(definition.name, kind);
    const log = serialLogs.find(definition.id);
    if (kind === "screen" && !definition.display.vnc) throw without(definition.name, "screen");
    if (kind === "serial" && log === undefined) throw without(definition.name, "serial port");
    this.#server.handleUpgrade(request, socket, head, (opened) => {
      this.#open.add(opened);
      opened.on("close", () => this.#open.delete(opened));
      opened.on("error", (error) =>
        this.#log.debug({ vm, kind, reason: error.message }, "a websocket failed"),
      );
      if (kind === "screen") carryBytes(opened, connect(vmSockets(process.directory).vnc));
      else if (log !== undefined) carrySerial(opened, log, self.name, url.searchParams);
    });
  }
}

/** What makes the other host's answer fit this very handshake. */
function handshakeOf({ headers }: IncomingMessage): Record<string, string> {
  const passed: Record<string, string> = { connection: "Upgrade", upgrade: "websocket" };
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith("sec-websocket-") && typeof value === "string") passed[name] = value;
  }
  return passed;
}

function refuse(socket: Duplex, error: FerryError): void {
  const { http } = errorCodes[error.code];
  const body = JSON.stringify({ error: error.toBody() });
  socket.end(
    `HTTP/1.1 ${http} ${STATUS_CODES[http] ?? "Error"}\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

function unknownPath(path: string): FerryError {
  return new FerryError("not-found", `Cannot open a websocket at "${path.slice(0, 200)}"`, {
    remedy: "There are /v1/vms/VM/screen and /v1/vms/VM/serial",
  });
}

function notRunning(vm: string, kind: Kind): FerryError {
  return new FerryError("conflict", `Cannot open the ${kind} of VM "${vm}": it does not run here`, {
    remedy: `Start it: ferry vm start ${vm}`,
  });
}

function without(vm: string, what: string): FerryError {
  return new FerryError("unsupported", `Cannot open it: VM "${vm}" has no ${what}`, {
    remedy: "Give it one in its definition while it is stopped: ferry vm edit",
  });
}
