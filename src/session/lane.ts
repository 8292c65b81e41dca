/**
 * One lane: a TLS connection whose peer has proved who it is. It carries frames, measures its own drain and round
 * trip, and notices when the other end has gone silent. What it carried and lost is its owner's to send again.
 */
import { performance } from "node:perf_hooks";
import type { TLSSocket } from "node:tls";
import { FerryError } from "../base/errors.ts";
import { encodeHeader, frameHeaderBytes, type FrameType, frameTypes } from "../protocol/frame.ts";
import { type Frame, FrameDecoder } from "../protocol/frame-decoder.ts";
import { farewellMs, helloBytesMax, laneQueueBytesMax, pingMs, rememberedPings } from "./limits.ts";
import type { SessionLimits } from "./options.ts";
import { type Sending, SendWindow } from "./send-window.ts";
import { windowSettings } from "./window-settings.ts";
import type { NumberedFrame } from "./send-stream.ts";
import { readIntoSlabs } from "./slab-reader.ts";
import { giveBackPart } from "./slabs.ts";
import { writeTogether } from "./write-together.ts";

export interface LaneEvents {
  /** A frame that is not about this lane alone. Throwing FerryError `peer-protocol` closes the lane. */
  frame: (frame: Frame, lane: Lane) => void;
  /** A frame can be sent where none could. */
  room: () => void;
  /** There is something to say about what was received (`receipt`). */
  received: () => void;
  closed: (lane: Lane, reason: string, violated: boolean) => void;
}

export class Lane {
  /** Its number in the session; the target learns it from the hello. */
  number: number;
  readonly remote: string;
  /** The peer's end of it: of a network that both hosts are in. */
  readonly address: string;
  wireBytes = 0;
  readonly window: SendWindow;
  readonly #socket: TLSSocket;
  readonly #decoder = new FrameDecoder(helloBytesMax);
  /** How long it may say nothing, not even a pong, milliseconds. */
  silenceMs: number;
  readonly #pinger: NodeJS.Timeout;
  readonly #sendings: { readonly sending: Sending; readonly end: number }[] = [];
  #events: LaneEvents;
  #sentBytes = 0;
  #receivedBytes = 0;
  #reportedBytes = 0;
  #silentPings = 0;
  #roundTrips: number[] = [];
  #closedBecause: string | undefined;

  constructor(socket: TLSSocket, number: number, limits: SessionLimits, events: LaneEvents) {
    this.#socket = socket;
    this.number = number;
    this.address = socket.remoteAddress ?? "";
    this.remote = `${this.address}:${socket.remotePort}`;
    this.silenceMs = limits.silenceMs;
    this.#events = events;
    this.window = new SendWindow(windowSettings(limits));
    this.#pinger = setInterval(() => this.#ping(), pingMs);
    socket.setNoDelay(true);
    readIntoSlabs(socket, (chunk) => this.#read(chunk));
    socket.resume();
    socket.on("error", (error: Error) => this.close(error.message));
    socket.on("close", () => this.close("the peer closed the connection"));
  }

  /** The shortest of the last pings' round trips, milliseconds: the others waited behind data. 0 before the first. */
  get roundTripMs(): number {
    return this.#roundTrips.length === 0 ? 0 : Math.min(...this.#roundTrips);
  }

  /** For how long it has said nothing, to within a ping. */
  get silentMs(): number {
    return this.#silentPings * pingMs;
  }

  get isOpen(): boolean {
    return this.#closedBecause === undefined;
  }

  /** The peer is admitted: frames of every size may come, and go to the session. */
  admit(events: LaneEvents): void {
    this.#events = events;
    this.#decoder.trust();
    this.#ping();
  }

  /** Whether one more frame of bulk data may go out here. */
  get hasRoom(): boolean {
    return this.window.hasRoom && this.#socket.writableLength < laneQueueBytesMax;
  }

  /** Milliseconds until what waits here has drained: the lane with the least is the best to send on. */
  get backlogMs(): number {
    const rate = this.window.rate;
    return rate === 0 ? this.window.inFlight : this.window.inFlight / rate;
  }

  carry(frame: NumberedFrame<Lane>, now: number): void {
    const { type, flags, stream, length, sequence, payload } = frame;
    this.#sentBytes += length;
    this.#sendings.push({ sending: this.window.sent(length, now), end: this.#sentBytes });
    const header = encodeHeader({ type, flags, stream: stream.number, length, sequence });
    writeTogether(this.#socket, [header, ...payload], () => this.#events.room());
    this.wireBytes += frameHeaderBytes + length;
  }

  /** Says one thing about the lane or a stream; several in one turn travel together. */
  say(type: FrameType, stream: number, sequence: number, payload: Buffer = nothing): void {
    const header = encodeHeader({ type, flags: 0, stream, length: payload.length, sequence });
    if (this.#socket.writableCorked === 0) {
      this.#socket.cork();
      process.nextTick(() => this.#socket.uncork());
    }
    this.#socket.write(header);
    if (payload.length > 0) this.#socket.write(payload);
    this.wireBytes += header.length + payload.length;
  }

  /** Tells the peer what has arrived here, if that is news. */
  receipt(): void {
    if (this.#receivedBytes === this.#reportedBytes) return;
    this.#reportedBytes = this.#receivedBytes;
    this.say(frameTypes.received, 0, this.#receivedBytes);
  }

  /** Closes once what was written has gone out, and the peer has had time to read it. */
  end(): void {
    this.#socket.end();
    setTimeout(() => this.close("closed here"), farewellMs).unref();
  }

  close(reason: string, violated = false): void {
    if (this.#closedBecause !== undefined) return;
    this.#closedBecause = reason;
    clearInterval(this.#pinger);
    this.#socket.destroy();
    this.#events.closed(this, reason, violated);
  }

  #read(chunk: Buffer): void {
    this.#silentPings = 0;
    try {
      for (const frame of this.#decoder.push(chunk)) {
        this.#take(frame);
        if (!this.isOpen) return;
      }
      giveBackPart(chunk, chunk.length - this.#decoder.keptBytes);
    } catch (error) {
      const { code, message } = FerryError.from(error);
      if (code !== "peer-protocol") throw error;
      this.close(message, true);
    }
  }

  #take(frame: Frame): void {
    switch (frame.type) {
      case frameTypes.ping:
        return this.say(frameTypes.pong, 0, frame.sequence);
      case frameTypes.pong:
        return this.#answered(frame.sequence);
      case frameTypes.received:
        return this.#delivered(frame.sequence);
      default:
        this.#receivedBytes += isNumbered(frame) ? frame.length : 0;
        this.#events.frame(frame, this);
        if (this.#receivedBytes !== this.#reportedBytes) this.#events.received();
    }
  }

  #answered(clock: number): void {
    this.#roundTrips.push(Math.max(0, performance.now() - clock / 1000));
    if (this.#roundTrips.length > rememberedPings) this.#roundTrips.shift();
  }

  #delivered(bytes: number): void {
    if (bytes > this.#sentBytes) {
      throw new FerryError("peer-protocol", "Cannot believe a receipt for bytes never sent");
    }
    const now = performance.now();
    for (let first = this.#sendings[0]; first !== undefined; first = this.#sendings[0]) {
      if (first.end > bytes) break;
      this.#sendings.shift();
      this.window.acknowledged(first.sending, now);
    }
    this.#events.room();
  }

  /** Counts turns, not time: a thread that was held up has heard nothing because it did not listen. */
  #ping(): void {
    if (this.silentMs >= this.silenceMs) {
      return this.close(`silent for ${this.silentMs} ms`);
    }
    this.#silentPings += 1;
    this.say(frameTypes.ping, 0, Math.round(performance.now() * 1000));
  }
}

const nothing = Buffer.alloc(0);

function isNumbered(frame: Frame): boolean {
  return frame.type >= frameTypes.control;
}
