/** The bulk streams of this end, each with the local socket it is carried from or to. */
import type { Server, Socket } from "node:net";
import { rmSync } from "node:fs";
import { FerryError } from "../base/errors.ts";
import { DiskEncoder, type DiskEncoderStats } from "../disk-stream/disk-encoder.ts";
import { MemoryEncoder } from "../memory/memory-encoder.ts";
import { type Carriage, Carrier, type CarrierEvents } from "./carrier.ts";
import type { DataPath, StreamPort } from "./data-path.ts";
import { decodeDisk } from "./decode-disk.ts";
import { decodeMemory } from "./decode-memory.ts";
import { type Delivery, PlainDelivery } from "./delivery.ts";
import { EncodingIntake } from "./encoding-intake.ts";
import type { Intake } from "./intake.ts";
import { connectOnce, listenFor } from "./local-socket.ts";
import type { BulkStream, SessionStats, SocketOwner } from "./session.ts";
import { channelsOf, type StreamDecoding, type StreamEncoding, wholeOf } from "./stream-coding.ts";
import type { Command, Report } from "./worker-messages.ts";

type Listening = Extract<Command, { type: "carry-listening" }>;
type Connecting = Extract<Command, { type: "carry-connecting" }>;

interface Listener {
  readonly server: Server;
  readonly path: string;
  /** Streams whose connections have not come, in the order in which they will. */
  readonly waiting: Waiting[];
}

interface Waiting {
  readonly stream: BulkStream;
  readonly port: StreamPort;
}

export class LocalStreams {
  readonly #dataPath: DataPath;
  readonly #role: "source" | "target";
  readonly #report: (report: Report) => void;
  readonly #carriers = new Map<BulkStream, Carrier>();
  readonly #listeners = new Map<BulkStream, Listener>();
  #memoryEncoder: MemoryEncoder | undefined;
  readonly #diskEncoders = new Map<BulkStream, DiskEncoder>();

  constructor(dataPath: DataPath, role: "source" | "target", report: (report: Report) => void) {
    this.#dataPath = dataPath;
    this.#role = role;
    this.#report = report;
  }

  /** @throws FerryError `in-use`, `already-exists`, `system-refused` */
  async carryListening({ stream, path, owner, encoding }: Listening): Promise<void> {
    this.#checkFree(stream);
    // QEMU opens its channels once it has connected the stream that they belong to.
    const streams = [stream, ...channelsOf(encoding)] as const;
    await this.#listen(streams, path, owner, (accepted, socket, port) => {
      const intake = accepted === stream ? this.#intakeFor(stream, port, encoding) : port;
      this.#carry(accepted, socket, { port, intake, delivery: new PlainDelivery(socket) });
    });
  }

  /** @throws FerryError `in-use`, `qemu-failed`, `system-refused` */
  async carryConnecting({ stream, path, decoding }: Connecting): Promise<void> {
    this.#checkFree(stream);
    await this.#connect(stream, path, decoding);
    // One after the other: the first is the stream itself to QEMU.
    for (const channel of channelsOf(decoding)) await this.#connect(channel, path, undefined);
  }

  async #connect(
    stream: BulkStream,
    path: string,
    decoding: StreamDecoding | undefined,
  ): Promise<void> {
    const socket = await connectOnce(path);
    try {
      const delivery = deliveryFor(socket, decoding);
      const port = this.#dataPath.openStream(stream);
      this.#carry(stream, socket, { port, intake: port, delivery });
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  get encoderStats(): Pick<SessionStats, "memory" | "disks"> {
    const disks: Record<string, DiskEncoderStats> = {};
    for (const [stream, { stats }] of this.#diskEncoders) disks[stream] = { ...stats };
    return { memory: this.#memoryEncoder?.stats ?? null, disks };
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

  holdSwitchover(): void {
    for (const carrier of this.#carriersOf("memory")) carrier.holdSwitchover();
  }

  allowSwitchover(): void {
    for (const carrier of this.#carriersOf("memory")) carrier.allowSwitchover();
  }

  /** With its channels. */
  close(stream: BulkStream): void {
    this.#stopListening(stream, "closed on purpose");
    for (const carrier of this.#carriersOf(stream)) carrier.close("closed on purpose");
  }

  /**
   * The session is over. Sockets close, but for the source's memory stream and its channels: closing them makes the source QEMU
   * let its guest run, and only the engine knows whether the guest was handed over.
   */
  peerLost(reason: string): void {
    for (const stream of this.#listeners.keys()) this.#stopListening(stream, reason);
    for (const carrier of this.#carriers.values()) {
      if (carrier.staysOpen) carrier.peerLost();
      else carrier.close(reason);
    }
  }

  closeAll(reason: string): void {
    for (const stream of this.#listeners.keys()) this.#stopListening(stream, reason);
    for (const carrier of this.#carriers.values()) carrier.close(reason);
  }

  #intakeFor(stream: BulkStream, port: StreamPort, encoding: StreamEncoding | undefined): Intake {
    if (encoding === undefined || encoding.kind === "channels") return port;
    return new EncodingIntake(port, (outlet) => {
      if (encoding.kind === "disk") {
        const encoder = new DiskEncoder({ ...encoding, ...outlet });
        this.#diskEncoders.set(stream, encoder);
        return encoder;
      }
      this.#memoryEncoder = new MemoryEncoder({ ...encoding, ...outlet });
      return this.#memoryEncoder;
    });
  }

  #carriersOf(stream: BulkStream): Carrier[] {
    return [...this.#carriers].filter(([name]) => wholeOf(name) === stream).map(([, each]) => each);
  }

  #carry(stream: BulkStream, socket: Socket, carriage: Omit<Carriage, "end">): void {
    const isOfSource = this.#role === "source" && wholeOf(stream) === "memory";
    const end = isOfSource ? (stream === "memory" ? "gated" : "held") : "free";
    const closed = (reason: string) => this.#report({ type: "stream-closed", stream, reason });
    const events: CarrierEvents = {
      closed: (reason) => {
        this.#carriers.delete(stream);
        closed(reason);
      },
      peerClosed: closed,
      loadReported: (ok) => this.#report({ type: "load-reported", ok }),
    };
    const carrier = new Carrier(socket, { ...carriage, end }, events);
    this.#carriers.set(stream, carrier);
  }

  /** Opens the streams before anyone connects, so that their other ends hear of it when these are closed first. */
  async #listen(
    streams: readonly [BulkStream, ...BulkStream[]],
    path: string,
    owner: SocketOwner,
    accepted: (stream: BulkStream, socket: Socket, port: StreamPort) => void,
  ): Promise<void> {
    const [first] = streams;
    const waiting: Waiting[] = [];
    try {
      for (const stream of streams) {
        waiting.push({ stream, port: this.#dataPath.openStream(stream) });
      }
      const server = await listenFor(streams.length, path, owner, (socket) => {
        const next = waiting.shift();
        if (waiting.length === 0) this.#listeners.delete(first);
        if (next === undefined) socket.destroy();
        else accepted(next.stream, socket, next.port);
      });
      this.#listeners.set(first, { server, path, waiting });
    } catch (error) {
      for (const { port } of waiting) discard(port, "nobody can connect to it");
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
    for (const waiting of listener.waiting.splice(0)) {
      discard(waiting.port, reason);
      this.#report({ type: "stream-closed", stream: waiting.stream, reason });
    }
  }
}

function deliveryFor(socket: Socket, decoding: StreamDecoding | undefined): Delivery {
  if (decoding === undefined || decoding.kind === "channels") return new PlainDelivery(socket);
  return decoding.kind === "disk" ? decodeDisk(socket, decoding) : decodeMemory(socket, decoding);
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
