/** The bulk streams of this end, each with the local socket it is carried from or to. */
import type { Server } from "node:net";
import { rmSync } from "node:fs";
import { FerryError } from "../base/errors.ts";
import { Carrier } from "./carrier.ts";
import type { DataPath, StreamPort } from "./data-path.ts";
import { connectOnce, listenForOne } from "./local-socket.ts";
import type { BulkStream, SocketOwner } from "./session.ts";
import type { Report } from "./worker-messages.ts";
import type { Socket } from "node:net";

interface Listener {
  readonly server: Server;
  readonly path: string;
  readonly port: StreamPort;
}

export class LocalStreams {
  readonly #dataPath: DataPath;
  readonly #role: "source" | "target";
  readonly #report: (report: Report) => void;
  readonly #carriers = new Map<BulkStream, Carrier>();
  readonly #listeners = new Map<BulkStream, Listener>();

  constructor(dataPath: DataPath, role: "source" | "target", report: (report: Report) => void) {
    this.#dataPath = dataPath;
    this.#role = role;
    this.#report = report;
  }

  /** @throws FerryError `in-use`, `already-exists`, `system-refused` */
  async carryListening(stream: BulkStream, path: string, owner: SocketOwner): Promise<void> {
    this.#checkFree(stream);
    await this.#listen(stream, path, owner, (socket, port) => this.#carry(stream, socket, port));
  }

  /** @throws FerryError `in-use`, `qemu-failed` */
  async carryConnecting(stream: BulkStream, path: string): Promise<void> {
    this.#checkFree(stream);
    const socket = await connectOnce(path);
    this.#carry(stream, socket, this.#dataPath.openStream(stream));
  }

  /** @throws FerryError `conflict` where there is no return path to release */
  async releaseReturnPath(): Promise<void> {
    const carrier = this.#carriers.get("memory");
    if (carrier === undefined) {
      throw new FerryError(
        "conflict",
        'Cannot release the return path: stream "memory" is not carried',
      );
    }
    await carrier.release();
  }

  close(stream: BulkStream): void {
    this.#stopListening(stream, "closed on purpose");
    this.#carriers.get(stream)?.close("closed on purpose");
  }

  /**
   * The session is over. Sockets close, but for the source's memory stream: closing it makes the source QEMU let its
   * guest run, and only the engine knows whether the guest was handed over.
   */
  peerLost(reason: string): void {
    for (const stream of this.#listeners.keys()) this.#stopListening(stream, reason);
    for (const carrier of this.#carriers.values()) {
      if (carrier.isGated) carrier.peerLost();
      else carrier.close(reason);
    }
  }

  closeAll(reason: string): void {
    for (const stream of this.#listeners.keys()) this.#stopListening(stream, reason);
    for (const carrier of this.#carriers.values()) carrier.close(reason);
  }

  #carry(stream: BulkStream, socket: Socket, port: StreamPort): void {
    const isGated = this.#role === "source" && stream === "memory";
    const closed = (reason: string) => this.#report({ type: "stream-closed", stream, reason });
    const carrier = new Carrier(socket, port, isGated, {
      closed: (reason) => {
        this.#carriers.delete(stream);
        closed(reason);
      },
      peerClosed: closed,
      loadReported: (ok) => this.#report({ type: "load-reported", ok }),
    });
    this.#carriers.set(stream, carrier);
  }

  /** Opens the stream before anyone connects, so that its other end hears of it when this one is closed first. */
  async #listen(
    stream: BulkStream,
    path: string,
    owner: SocketOwner,
    accepted: (socket: Socket, port: StreamPort) => void,
  ): Promise<void> {
    const port = this.#dataPath.openStream(stream);
    try {
      const server = await listenForOne(path, owner, (socket) => {
        this.#listeners.delete(stream);
        accepted(socket, port);
      });
      this.#listeners.set(stream, { server, path, port });
    } catch (error) {
      discard(port, "nobody can connect to it");
      throw error;
    }
  }

  #checkFree(stream: BulkStream): void {
    if (!this.#carriers.has(stream) && !this.#listeners.has(stream)) return;
    throw new FerryError("in-use", `Cannot carry stream "${stream}": it is carried already`);
  }

  #stopListening(stream: BulkStream, reason: string): void {
    const listener = this.#listeners.get(stream);
    if (listener === undefined) return;
    this.#listeners.delete(stream);
    listener.server.close();
    rmSync(listener.path, { force: true });
    discard(listener.port, reason);
    this.#report({ type: "stream-closed", stream, reason });
  }
}

/** A stream that never got its socket: ended, and what the peer sent of it taken and dropped. */
function discard(port: StreamPort, reason: string): void {
  port.abort(reason);
  port.consume((stream) => {
    for (let frame = stream.take(); frame !== undefined; frame = stream.take()) {
      port.finished(stream, frame);
    }
  });
}
