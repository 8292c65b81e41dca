/** A wire between the two ends that can be cut and mended: a TCP relay on loopback. */
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

export class Relay implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #targetPort: number;
  #isCut = false;
  #isPulled = false;

  constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#server = createServer((socket) => this.#connected(socket));
  }

  async listen(address = "127.0.0.1", atPort = 0): Promise<number> {
    this.#server.listen(atPort, address);
    await once(this.#server, "listening");
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections through it at this moment. */
  get connections(): number {
    return this.#sockets.size / 2;
  }

  /** Breaks the oldest connection, with whatever is on the way in it. */
  breakOne(): void {
    const [first] = this.#sockets;
    first?.destroy();
  }

  /** Breaks every connection and refuses new ones until mended. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** From now on nothing gets through and nobody hears of it, as where a cable was pulled. */
  pull(): void {
    this.#isPulled = true;
    for (const socket of this.#sockets) silence(socket);
  }

  mend(): void {
    this.#isCut = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }

  #connected(near: Socket): void {
    if (this.#isCut) {
      near.destroy();
      return;
    }
    const far = connect(this.#targetPort, "127.0.0.1");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      from.on("error", () => {});
      from.on("close", () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      if (this.#isPulled) silence(from);
      else from.pipe(to);
    }
  }
}

function silence(socket: Socket): void {
  socket.unpipe();
  socket.pause();
}
