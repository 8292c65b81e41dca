/**
 * The target's lanes: listens, and admits the connections that prove to be this session's source. Whoever has not is
 * a stranger: few at once, each for a short time, and the oldest gives way, so that nobody who holds connections open
 * keeps the source out.
 */
import type { Socket } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";
import { FerryError } from "../base/errors.ts";
import { frameTypes } from "../protocol/frame.ts";
import type { Frame } from "../protocol/frame-decoder.ts";
import { decodeHello, isTicketOf } from "./hello.ts";
import { Lane } from "./lane.ts";
import { checkPeer, laneProtocol, refused, secureContext } from "./lane-security.ts";
import { strangerMs, strangersMax } from "./limits.ts";
import { listenOnFreePort } from "./listen.ts";
import type { TargetSettings } from "./worker-messages.ts";

export interface TargetLanesEvents {
  admitted: (lane: Lane) => void;
  refused: (remote: string, reason: string) => void;
}

export class TargetLanes {
  readonly #settings: TargetSettings;
  readonly #events: TargetLanesEvents;
  readonly #strangers = new Map<string, { socket: Socket; timer: NodeJS.Timeout }>();
  #servers: readonly Server[] = [];

  constructor(settings: TargetSettings, events: TargetLanesEvents) {
    this.#settings = settings;
    this.#events = events;
  }

  /** @returns the port. @throws FerryError `in-use`, `system-refused` */
  async listen(): Promise<number> {
    const { addresses, portFirst, portLast } = this.#settings;
    const { servers, port } = await listenOnFreePort(() => this.#server(), {
      addresses,
      portFirst,
      portLast,
    });
    this.#servers = servers;
    return port;
  }

  stop(): void {
    for (const server of this.#servers) server.close();
    for (const { socket } of this.#strangers.values()) socket.destroy();
  }

  #server(): Server {
    const server = createServer({
      ...secureContext(this.#settings),
      ALPNProtocols: [laneProtocol],
      requestCert: true,
      // Not refused by the handshake but right after it (checkPeer), so that the log can say who and why.
      rejectUnauthorized: false,
      handshakeTimeout: strangerMs,
      noDelay: true,
    });
    server.on("connection", (socket: Socket) => this.#stranger(socket));
    server.on("tlsClientError", (error: Error, socket: TLSSocket) => {
      this.#events.refused(remoteOf(socket), error.message);
    });
    server.on("secureConnection", (socket) => this.#secured(socket));
    return server;
  }

  #stranger(socket: Socket): void {
    const remote = remoteOf(socket);
    const timer = setTimeout(() => socket.destroy(), strangerMs);
    this.#strangers.set(remote, { socket, timer });
    socket.once("close", () => this.#known(remote));
    if (this.#strangers.size <= strangersMax) return;
    const [oldest] = this.#strangers;
    if (oldest === undefined) return;
    this.#events.refused(oldest[0], "too many that had not proved themselves");
    oldest[1].socket.destroy();
    this.#known(oldest[0]);
  }

  /** No stranger any more: admitted, or gone. */
  #known(remote: string): void {
    clearTimeout(this.#strangers.get(remote)?.timer);
    this.#strangers.delete(remote);
  }

  #secured(socket: TLSSocket): void {
    const lane = new Lane(socket, 0, this.#settings.limits, {
      room: () => {},
      received: () => {},
      closed: (_, reason) => this.#events.refused(lane.remote, reason),
      frame: (frame) => this.#greeted(lane, socket, frame),
    });
    try {
      checkPeer(socket, this.#settings);
    } catch (error) {
      this.#refuse(lane, FerryError.from(error));
    }
  }

  #greeted(lane: Lane, socket: TLSSocket, frame: Frame): void {
    try {
      const hello = this.#checkHello(socket, frame);
      lane.number = hello.lane;
    } catch (error) {
      return this.#refuse(lane, FerryError.from(error));
    }
    this.#known(lane.remote);
    lane.say(frameTypes.welcome, 0, 0);
    this.#events.admitted(lane);
  }

  #checkHello(socket: TLSSocket, frame: Frame) {
    if (frame.type !== frameTypes.hello) throw refused(socket, "its first frame is no hello");
    const hello = decodeHello(Buffer.concat(frame.payload));
    const { id, ticket, version } = this.#settings;
    if (!isTicketOf(hello, id, ticket)) throw refused(socket, "its ticket is not this session's");
    if (hello.version !== version) {
      throw refused(socket, `it speaks version ${hello.version}, ${version} was agreed`);
    }
    return hello;
  }

  /** The peer is told that it is refused, the log why. */
  #refuse(lane: Lane, error: FerryError): void {
    lane.admit({ ...silent, closed: () => this.#events.refused(lane.remote, error.message) });
    lane.say(frameTypes.goodbye, 0, 0, Buffer.from("this host does not admit it"));
    lane.end();
  }
}

const silent = { frame: () => {}, room: () => {}, received: () => {} };

function remoteOf(socket: Socket): string {
  return `${socket.remoteAddress}:${socket.remotePort}`;
}
