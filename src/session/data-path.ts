/**
 * Joins the lanes of a session with its streams. Lanes come and go; streams go on where they stopped. What has to be
 * said is said once per turn of the event loop, so that many small events cost one system call.
 */
import { FerryError } from "../base/errors.ts";
import { frameTypes, reasonBytesMax } from "../protocol/frame.ts";
import type { Frame } from "../protocol/frame-decoder.ts";
import { type Consumer, Inbound } from "./inbound.ts";
import type { Intake } from "./intake.ts";
import type { Lane, LaneEvents } from "./lane.ts";
import { drainMsWithoutMemory, silenceWithOthersMs, violationsMax } from "./limits.ts";
import type { SessionLimits } from "./options.ts";
import { type BulkOutlet, type Held, Outbound } from "./outbound.ts";
import type { ReceiveStream } from "./receive-stream.ts";
import type { BulkStream, Limited, SessionStats } from "./session.ts";
import { wholeOf } from "./stream-coding.ts";

export interface DataPathEvents {
  /** A control message's bytes, unchecked. */
  control: (payload: Buffer) => void;
  laneAdded: (lane: Lane) => void;
  laneLost: (lane: Lane, reason: string) => void;
  /** The peer said goodbye, or broke the protocol too often. */
  over: (reason: string) => void;
}

/** One local socket's side of a stream. */
export interface StreamPort extends Intake {
  /** Offered, and not acknowledged yet. */
  readonly outstandingBytes: number;
  readonly acknowledgedBytes: number;
  readonly held: Held;
  consume(consumer: Consumer): void;
  finished(stream: ReceiveStream, frame: Frame): void;
}

export class DataPath {
  readonly #events: DataPathEvents;
  readonly #lanes = new Map<number, Lane>();
  readonly #outbound: Outbound;
  readonly #inbound: Inbound;
  readonly #laneEvents: LaneEvents;
  readonly #lastAccepted = new Map<string, number>();
  #turn: NodeJS.Immediate | undefined;
  /** By the peer's address: what lanes that are gone had written. */
  readonly #writtenByLost = new Map<string, number>();
  #violations = 0;
  #silenceMs: number;
  readonly #drainMs: number;
  #carriesMemory = false;
  #stopped = false;

  constructor(limits: SessionLimits, events: DataPathEvents) {
    this.#events = events;
    this.#silenceMs = limits.silenceMs;
    this.#drainMs = limits.drainMs;
    const later = () => this.#later();
    this.#outbound = new Outbound(limits, later);
    this.#inbound = new Inbound(events.control, later);
    this.#laneEvents = {
      frame: (frame) => this.#arrived(frame),
      room: later,
      received: later,
      closed: (lane, reason, violated) => this.#closed(lane, reason, violated),
    };
  }

  get lanes(): number {
    return this.#lanes.size;
  }

  /** Whether every control message has reached the peer. */
  get isControlDelivered(): boolean {
    return !this.#outbound.control.hasNext && this.#outbound.control.unacknowledgedFrames === 0;
  }

  /** An admitted lane joins; one of the same number, which the peer has given up, leaves. */
  addLane(lane: Lane): void {
    this.#lanes.get(lane.number)?.close("replaced by a new connection");
    lane.admit(this.#laneEvents);
    this.#lanes.set(lane.number, lane);
    this.#boundSilence();
    this.#boundDrain();
    this.#inbound.repeatAcknowledgements();
    this.#events.laneAdded(lane);
    this.#later();
  }

  /** How long a lane may say nothing, from now on; less where there are others. */
  limitSilence(milliseconds: number): void {
    this.#silenceMs = milliseconds;
    this.#boundSilence();
  }

  sendControl(payload: Buffer): void {
    this.#outbound.control.offerWhole(frameTypes.control, payload);
    this.#later();
  }

  /** @throws FerryError `in-use` while the stream is carried */
  openStream(name: BulkStream): StreamPort {
    const port: StreamPort = {
      onThirst: () => {},
      get isThirsty() {
        return isThirsty();
      },
      get outstandingBytes() {
        return outlet.stream.acceptedBytes - outlet.stream.acknowledgedBytes;
      },
      get acknowledgedBytes() {
        return outlet.stream.acknowledgedBytes;
      },
      get held() {
        return held();
      },
      offer: (bytes) => {
        this.#lastAccepted.set(wholeOf(name), Date.now());
        this.#write(outlet, () => outlet.stream.offer(bytes));
      },
      end: () => this.#write(outlet, () => outlet.stream.end()),
      abort: (reason) => this.#write(outlet, () => outlet.stream.abort(reasonBytes(reason))),
      consume: (consumer) => this.#inbound.attach(name, consumer),
      finished: (stream, frame) => this.#inbound.finished(stream, frame),
    };
    const outlet = this.#outbound.open(name, () => port.onThirst());
    const isThirsty = () => this.#outbound.isThirsty(outlet.stream);
    const held = () => this.#outbound.held;
    outlet.stream.offerWhole(frameTypes.open, Buffer.from(name));
    this.#carriesMemory ||= name === "memory";
    this.#boundDrain();
    this.#later();
    return port;
  }

  /** @param bytesPerSecond 0 lifts the limit */
  limit(stream: Limited, bytesPerSecond: number): void {
    this.#outbound.limit(stream, bytesPerSecond);
    this.#later();
  }

  /** What encoders did is theirs to say, whom this does not know. */
  stats(): Omit<SessionStats, "memory" | "disks"> {
    const streams: SessionStats["streams"] = {};
    for (const { stream } of this.#outbound.outlets) {
      const name = wholeOf(stream.name);
      const before = stream.name === name ? undefined : streams[name];
      streams[name] = {
        acceptedBytes: stream.acceptedBytes + (before?.acceptedBytes ?? 0),
        acknowledgedBytes: stream.acknowledgedBytes + (before?.acknowledgedBytes ?? 0),
        lastAcceptedAt: this.#lastAccepted.get(name) ?? null,
      };
    }
    const lanes = [...this.#lanes.values()];
    const networks = this.#networks();
    const roundTrips = lanes.map((lane) => lane.roundTripMs);
    return {
      streams,
      wireBytes: networks.reduce((sum, { wireBytes }) => sum + wireBytes, 0),
      networks,
      unacknowledgedBytes: this.#outbound.window.inFlight,
      drainBytesPerSecond: this.#outbound.window.rate * 1000,
      roundTripMs: roundTrips.length === 0 ? 0 : Math.min(...roundTrips),
      lanes: lanes.length,
    };
  }

  /** Says goodbye on every lane and is done; the streams' local sockets are their owners'. */
  stop(reason: string): void {
    if (this.#stopped) return;
    this.#stopped = true;
    clearImmediate(this.#turn);
    this.#outbound.stop();
    for (const lane of this.#lanes.values()) {
      lane.say(frameTypes.goodbye, 0, 0, reasonBytes(reason));
      lane.end();
    }
  }

  #write(outlet: BulkOutlet, change: () => void): void {
    if (this.#stopped || outlet.stream.isEnded) return;
    change();
    this.#later();
  }

  #arrived(frame: Frame): void {
    if (this.#stopped) return;
    switch (frame.type) {
      case frameTypes.acknowledged:
        if (this.#outbound.acknowledged(frame.stream, frame.sequence)) return this.#later();
        throw new FerryError("peer-protocol", "Cannot believe that frames never sent were applied");
      case frameTypes.goodbye:
        return this.#events.over(Buffer.concat(frame.payload).toString());
      case frameTypes.hello:
      case frameTypes.welcome:
        throw new FerryError("peer-protocol", "Cannot take a second greeting on a lane");
      default:
        return this.#inbound.arrive(frame);
    }
  }

  #closed(lane: Lane, reason: string, violated: boolean): void {
    if (this.#lanes.get(lane.number) !== lane) return;
    this.#lanes.delete(lane.number);
    this.#boundSilence();
    const before = this.#writtenByLost.get(lane.address) ?? 0;
    this.#writtenByLost.set(lane.address, before + lane.wireBytes);
    if (this.#stopped) return;
    this.#outbound.laneLost(lane);
    // What was acknowledged on it may not have got through.
    this.#inbound.repeatAcknowledgements();
    this.#violations += violated ? 1 : 0;
    this.#later();
    this.#events.laneLost(lane, reason);
    if (this.#violations >= violationsMax) this.#events.over(reason);
  }

  #networks(): SessionStats["networks"] {
    const written = new Map(this.#writtenByLost);
    for (const { address, wireBytes } of this.#lanes.values()) {
      written.set(address, (written.get(address) ?? 0) + wireBytes);
    }
    return [...written].map(([address, wireBytes]) => ({ address, wireBytes }));
  }

  #boundSilence(): void {
    const others = this.#lanes.size > 1 ? silenceWithOthersMs : Number.POSITIVE_INFINITY;
    for (const lane of this.#lanes.values()) lane.silenceMs = Math.min(this.#silenceMs, others);
  }

  #boundDrain(): void {
    const least = this.#carriesMemory ? 0 : drainMsWithoutMemory;
    const drainMs = Math.max(this.#drainMs, least);
    this.#outbound.window.drainMs = drainMs;
    for (const { window } of this.#lanes.values()) window.drainMs = drainMs;
  }

  #later(): void {
    if (this.#stopped) return;
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined;
      this.#sayAndSend();
    });
  }

  #sayAndSend(): void {
    const [first] = this.#lanes.values();
    if (first === undefined) return;
    for (const stream of this.#inbound.takeAcknowledgements()) {
      first.say(frameTypes.acknowledged, stream.number, stream.applied);
    }
    for (const lane of this.#lanes.values()) lane.receipt();
    this.#outbound.pump(this.#lanes.values());
  }
}

function reasonBytes(reason: string): Buffer {
  return Buffer.from(reason).subarray(0, reasonBytesMax);
}
