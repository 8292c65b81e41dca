/** Where every connection's requests go: the console's files, the websockets to a VM, and the API behind both. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { ApiServer } from "./api-server.ts";
import { ConsoleServer } from "./console-server.ts";
import type { GuestSockets } from "./guest-sockets.ts";

export class FrontDoor {
  readonly #app: ApiServer;
  readonly #sockets: GuestSockets;
  readonly #console = new ConsoleServer();

  constructor(app: ApiServer, sockets: GuestSockets) {
    this.#app = app;
    this.#sockets = sockets;
  }

  request(request: IncomingMessage, response: ServerResponse): void {
    if (!this.#console.serve(request, response)) this.#app.routing(request, response);
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    void this.#sockets.take(request, socket, head);
  }
}
