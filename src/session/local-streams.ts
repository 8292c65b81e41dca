/** The bulk streams of this end, each with the local socket it is carried from or to. */
import type { Server } from "node:net";
import { rmSync } from "node:fs";
import { FerryError } from "../base/errors.ts";
import { Carrier } from "./carrier.ts";
import type { DataPath } from "./data-path.ts";
import { connectOnce, listenForOne } from "./local-socket.ts";
import type { BulkStream, SocketOwner } from "./session.ts";
import type { Report } from "./worker-messages.ts";
import type { Socket } from "node:net";

export class LocalStreams {
  readonly #dataPath: DataPath;
  readonly #role: "source" | "target";
  readonly #report: (report: Report) => void;
  readonly #carriers = new Map<BulkStream, Carrier>();
  readonly #listeners = new Map<BulkStream, { server: Server; path: string }>();

  constructor(dataPath: DataPath, role: "source" | "target", report: (report: Report) => void) {
    this.#dataPath = dataPath;
    this.#role = role;
    this.#report = report;
  }

  /** @throws FerryError `in-use`, `already-exists`, `system-refused` */
  async carryListening(stream: BulkStream, path: string, owner: SocketOwner): Promise<void> {
    this.#checkFree(stream);
    const server = await listenForOne(path, owner, (socket) => {
      this.#listeners.delete(stream);
      this.#carry(stream, socket);
    });
    this.#listeners.set(stream, { server, path });
  }

  /** @throws FerryError `in-use`, `qemu-failed` */
  async carryConnecting(stream: BulkStream, path: string): Promise<void> {
    this.#checkFree(stream);
    this.#carry(stream, await connectOnce(path));
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
    this.#stopListening(stream);
    this.#carriers.get(stream)?.close("closed on purpose");
  }

  /**
   * The session is over. Sockets close, but for the source's memory stream: closing it makes the source QEMU let its
   * guest run, and only the engine knows whether the guest was handed over.
   */
  peerLost(reason: string): void {
    for (const stream of this.#listeners.keys()) this.#stopListening(stream);
    for (const carrier of this.#carriers.values()) {
      if (carrier.isGated) carrier.peerLost();
      else carrier.close(reason);
    }
  }

  closeAll(reason: string): void {
    for (const stream of this.#listeners.keys()) this.#stopListening(stream);
    for (const carrier of this.#carriers.values()) carrier.close(reason);
  }

  #carry(stream: BulkStream, socket: Socket): void {
    const isGated = this.#role === "source" && stream === "memory";
    const closed = (reason: string) => this.#report({ type: "stream-closed", stream, reason });
    const carrier = new Carrier(socket, this.#dataPath.openStream(stream), isGated, {
      closed: (reason) => {
        this.#carriers.delete(stream);
        closed(reason);
      },
      peerClosed: closed,
      loadReported: (ok) => this.#report({ type: "load-reported", ok }),
    });
    this.#carriers.set(stream, carrier);
  }

  #checkFree(stream: BulkStream): void {
    if (!this.#carriers.has(stream) && !this.#listeners.has(stream)) return;
    throw new FerryError("in-use", `Cannot carry stream "${stream}": it is carried already`);
  }

  #stopListening(stream: BulkStream): void {
    const listener = this.#listeners.get(stream);
    if (listener === undefined) return;
    this.#listeners.delete(stream);
    listener.server.close();
    rmSync(listener.path, { force: true });
  }
}
