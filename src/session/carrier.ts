/**
 * Carries one local socket as a stream: reads it as fast as the stream is thirsty, writes to it what arrives, and
 * acknowledges a frame when the kernel has taken its last byte for the program at the other end.
 *
 * Each direction ends by itself (half-close). On the source's memory stream the return path's gate stands between
 * what arrives and QEMU, and nothing that the peer does ends the socket, nor those of its channels: their end makes the source
 * QEMU let its guest run again, and that is the engine's to decide, through `close`.
 */
import type { Socket } from "node:net";
import { FerryError } from "../base/errors.ts";
import { frameFlags, frameTypes } from "../protocol/frame.ts";
import type { Frame } from "../protocol/frame-decoder.ts";
import type { StreamPort } from "./data-path.ts";
import type { Delivery } from "./delivery.ts";
import type { Intake } from "./intake.ts";
import type { ReceiveStream } from "./receive-stream.ts";
import { ReturnPath } from "./return-path.ts";
import { ReadPace } from "./read-pace.ts";
import { readIntoSlabs } from "./slab-reader.ts";
import { writeTogether } from "./write-together.ts";

export interface CarrierEvents {
  closed: (reason: string) => void;
  /** The peer's end is gone, while the local socket stays open (the source's memory stream). */
  peerClosed: (reason: string) => void;
  loadReported: (ok: boolean) => void;
}

/** How a stream is carried. */
export interface Carriage {
  readonly port: StreamPort;
  /** What the socket's bytes go through on their way to the port; the port itself where nothing is done to them. */
  readonly intake: Intake;
  readonly delivery: Delivery;
  /**
   * What becomes of the socket when the peer's end ends: `free`: it ends, too. The source's memory stream is `gated`: what comes
   * goes through the return path's gate. Its channels are `held`: nothing comes, and they end with it.
   */
  readonly end: "free" | "gated" | "held";
}

export class Carrier {
  readonly #socket: Socket;
  readonly #port: StreamPort;
  readonly #intake: Intake;
  readonly #delivery: Delivery;
  readonly #events: CarrierEvents;
  readonly #gate: ReturnPath | undefined;
  readonly #isHeld: boolean;
  #gateOpening: PromiseWithResolvers<void> | undefined;
  #pace: ReadPace | undefined;
  #peerEnded = false;
  #peerLost = false;
  #localEnded = false;
  #isClosed = false;

  /** @param socket paused, with `allowHalfOpen` */
  constructor(socket: Socket, carriage: Carriage, events: CarrierEvents) {
    const { port, intake, delivery, end } = carriage;
    this.#socket = socket;
    this.#port = port;
    this.#intake = intake;
    this.#delivery = delivery;
    this.#events = events;
    this.#gate = end === "gated" ? new ReturnPath() : undefined;
    this.#isHeld = end === "held";
    readIntoSlabs(socket, (chunk) => this.#read(chunk));
    socket.on("end", () => this.#readEnd());
    socket.on("error", (error: Error) => this.#close(error.message));
    socket.on("close", () => this.#close("end"));
    intake.onThirst = () => this.#readOn();
    port.consume((stream) => this.#writeNext(stream));
    socket.resume();
  }

  /** Lets SHUT through to the source QEMU, now or when it comes; resolves when the kernel has taken it. */
  async release(): Promise<void> {
    if (this.#gate === undefined || this.#isClosed) throw noReturnPath();
    if (this.#peerLost && !this.#gate.isShut) throw noReturnPath();
    if (this.#gateOpening === undefined) {
      this.#gateOpening = Promise.withResolvers();
      this.#gateOpening.promise.catch(() => {});
      const shutIsHere = this.#gate.isShut;
      writeTogether(this.#socket, this.#gate.release(), () => {
        if (shutIsHere) this.#delivered();
      });
    }
    await this.#gateOpening.promise;
  }

  /** Nothing that QEMU says until `allowSwitchover` is urgent. */
  holdSwitchover(): void {
    this.#pace ??= new ReadPace(this.#isHeld, () => this.#readOn());
  }

  /** Tells the source QEMU, which may wait for it, that it may stop its guest. */
  allowSwitchover(): void {
    this.#pace?.[Symbol.dispose]();
    this.#pace = undefined;
    this.#readOn();
    if (this.#gate === undefined || this.#isClosed) return;
    writeTogether(this.#socket, this.#gate.allowSwitchover(), () => undefined);
  }

  /** Whether the socket's end is the engine's to decide: the peer's being gone does not close it. */
  get staysOpen(): boolean {
    return this.#gate !== undefined || this.#isHeld;
  }

  /** Nothing more will come from the peer: a release of what has not come would wait for ever. */
  peerLost(): void {
    this.#peerLost = true;
    if (this.#gate?.isShut !== true) this.#gateOpening?.reject(noReturnPath());
  }

  /** Closes the local socket; on the source's memory stream this aborts QEMU's migration. */
  close(reason: string): void {
    this.#close(reason);
  }

  #read(chunk: Buffer): void {
    this.#pace?.read(chunk.length);
    this.#intake.offer(chunk);
    if (!this.#wantsMore) this.#socket.pause();
  }

  get #wantsMore(): boolean {
    return this.#intake.isThirsty && (this.#pace?.mayRead ?? true);
  }

  #readOn(): void {
    if (this.#wantsMore) this.#socket.resume();
  }

  /** QEMU never half-closes its migration socket: on the source, its end is the end of both directions. */
  #readEnd(): void {
    this.#localEnded = true;
    this.#intake.end();
    if (this.#socket.writableFinished || this.staysOpen) this.#close("end");
  }

  #writeNext(stream: ReceiveStream): void {
    if (this.#isClosed) return this.#discard(stream);
    while (this.#delivery.hasRoom) {
      const frame = stream.take();
      if (frame === undefined) return;
      this.#writeFrame(frame, () => {
        this.#port.finished(stream, frame);
        this.#writeNext(stream);
      });
    }
  }

  #writeFrame(frame: Frame, finish: () => void): void {
    if (frame.type === frameTypes.end) this.#endOfPeer(frame, finish);
    else if (this.#gate === undefined) this.#write(frame.payload, finish);
    else this.#writeGated(this.#gate, frame, finish);
  }

  /** Nobody is there to take them; acknowledged, so that the peer need not keep them. */
  #discard(stream: ReceiveStream): void {
    for (let frame = stream.take(); frame !== undefined; frame = stream.take()) {
      this.#port.finished(stream, frame);
    }
  }

  #writeGated(gate: ReturnPath, frame: Frame, finish: () => void): void {
    const forward: Buffer[] = [];
    let loaded: boolean | undefined;
    for (const piece of frame.payload) {
      const passage = gate.push(piece);
      forward.push(...passage.forward);
      loaded ??= passage.loaded;
    }
    this.#write(forward, () => {
      finish();
      if (loaded !== undefined && this.#gateOpening !== undefined) this.#delivered();
    });
    if (loaded !== undefined) this.#events.loadReported(loaded);
  }

  #write(pieces: readonly Buffer[], written: () => void): void {
    this.#delivery.deliver(pieces, (failure) => {
      if (failure !== undefined) this.#close(failure.message);
      written();
    });
  }

  /** SHUT is with QEMU: the socket may end as any other. */
  #delivered(): void {
    this.#gateOpening?.resolve();
    if (this.#peerEnded) this.#endWriting();
  }

  #endOfPeer(frame: Frame, finish: () => void): void {
    this.#peerEnded = true;
    if (this.#isHeld) return finish();
    const aborted = (frame.flags & frameFlags.aborted) !== 0;
    if (this.#gate !== undefined) {
      const isDelivered = this.#gate.isShut && this.#gateOpening !== undefined;
      if (isDelivered) this.#endWriting();
      else if (!this.#gate.isShut) this.#events.peerClosed(reasonOf(frame, aborted));
    } else if (aborted) {
      this.#close(reasonOf(frame, aborted));
    } else {
      this.#delivery.end((failure) => {
        if (failure !== undefined) this.#close(failure.message);
        else this.#endWriting();
      });
    }
    finish();
  }

  #endWriting(): void {
    this.#socket.end(() => {
      if (this.#localEnded) this.#close("end");
    });
  }

  #close(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#pace?.[Symbol.dispose]();
    this.#socket.destroy();
    this.#delivery.close();
    if (!this.#localEnded) {
      if (reason === "end" && this.#peerEnded) this.#intake.end();
      else this.#intake.abort(reason);
    }
    this.#gateOpening?.reject(noReturnPath());
    this.#events.closed(reason);
  }
}

function reasonOf(frame: Frame, aborted: boolean): string {
  if (!aborted) return "the peer's end closed";
  return Buffer.concat(frame.payload).toString() || "the peer's end failed";
}

function noReturnPath(): FerryError {
  return new FerryError(
    "conflict",
    'Cannot release the return path: stream "memory" is closed or its end never came, an open one wanted',
  );
}
