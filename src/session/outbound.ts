/**
 * Everything on its way to the peer: the streams, and which frame goes out next on which lane. A lane that has room
 * takes the next frame, whichever lane it is, so unequal links give their sum. Control goes before bulk data and is
 * not held back by any window; bulk streams share fairly.
 */
import { performance } from "node:perf_hooks";
import { FerryError } from "../base/errors.ts";
import { invariant } from "../base/invariant.ts";
import { dataBytesMax, frameHeaderBytes } from "../protocol/frame.ts";
import { FairShare } from "./fair-share.ts";
import type { Lane } from "./lane.ts";
import { frameBytesMin, framesAhead, framesInFlightMax, frameMs, streamsMax } from "./limits.ts";
import type { SessionLimits } from "./options.ts";
import { type NumberedFrame, SendStream } from "./send-stream.ts";
import { type Sending, SendWindow } from "./send-window.ts";
import { windowSettings } from "./window-settings.ts";
import { giveBack } from "./slabs.ts";
import { wholeOf } from "./stream-coding.ts";
import { TokenBucket } from "./token-bucket.ts";

export interface BulkOutlet {
  readonly stream: SendStream<Lane>;
  /** The limits that hold for it: its own, and that of all disks if it is one. */
  readonly buckets: readonly TokenBucket[];
  /** Called when the stream could take more bytes. */
  readonly onThirst: () => void;
}

/** How often sending stopped with bytes left, since the session began: for want of room on any lane, or of the peer's word. */
export interface Held {
  readonly heldByLink: number;
  readonly heldByPeer: number;
}

export class Outbound {
  readonly control = new SendStream<Lane>(0, "control");
  readonly window: SendWindow;
  readonly #bulk = new Map<number, BulkOutlet>();
  readonly #share = new FairShare<BulkOutlet>();
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #total = this.#bucketOf("all");
  readonly #sendings = new Map<NumberedFrame<Lane>, Sending>();
  readonly #wake: () => void;
  #timer: NodeJS.Timeout | undefined;
  #lastNumber = 0;
  #held: Held = { heldByLink: 0, heldByPeer: 0 };

  /** @param wake called when a bandwidth limit that held something back no longer does */
  constructor(limits: SessionLimits, wake: () => void) {
    this.#wake = wake;
    this.window = new SendWindow(windowSettings(limits));
  }

  get outlets(): Iterable<BulkOutlet> {
    return this.#bulk.values();
  }

  /** @throws FerryError `in-use` while a stream of that name goes on, `bad-input` beyond the most of them */
  open(name: string, onThirst: () => void): BulkOutlet {
    for (const { stream } of this.#bulk.values()) {
      if (stream.name !== name || stream.isEnded) continue;
      throw new FerryError("in-use", `Cannot carry stream "${name}": it is carried already`);
    }
    if (this.#lastNumber >= streamsMax) {
      throw new FerryError(
        "bad-input",
        `Cannot carry stream "${name}": ${streamsMax} streams were carried, no more wanted`,
      );
    }
    const stream = new SendStream<Lane>(++this.#lastNumber, name);
    const names = isOfStorage(name) ? [name, "storage"] : [wholeOf(name)];
    const outlet = { stream, buckets: names.map((each) => this.#bucketOf(each)), onThirst };
    this.#bulk.set(stream.number, outlet);
    return outlet;
  }

  /** A limit on a stream holds for all of its name, those to come too; `storage` for all disks together. */
  limit(stream: string, bytesPerSecond: number): void {
    this.#bucketOf(stream).limit(bytesPerSecond, performance.now());
  }

  get held(): Held {
    return this.#held;
  }

  /** Frames of about `frameMs` on the wire. */
  get frameBytes(): number {
    const bytes = Math.round(this.window.rate * frameMs);
    return Math.min(Math.max(bytes, frameBytesMin), dataBytesMax);
  }

  /** A stream with less than this unsent should read on. */
  isThirsty({ name, unsentBytes }: SendStream<Lane>): boolean {
    return (
      unsentBytes < (isOfStorage(name) ? framesAhead.disk : framesAhead.other) * this.frameBytes
    );
  }

  /** Sends all that may be sent now. */
  pump(among: Iterable<Lane>): void {
    const lanes = [...among];
    if (lanes.length === 0) return;
    const now = performance.now();
    for (let frame = this.control.next(0); frame !== undefined; frame = this.control.next(0)) {
      this.#send(
        frame,
        soonest(lanes, () => true),
        now,
      );
    }
    for (;;) {
      const lane = soonest(lanes, hasRoom);
      const isFull = !this.window.hasRoom;
      if (lane === undefined || (isFull && !this.#anyNeedsNoRoom)) {
        this.#countHeld(lane === undefined);
        break;
      }
      if (this.#heldBack(this.#total, now)) {
        this.#countHeld(true);
        break;
      }
      const outlet = this.#share.pick(this.#ready(now, isFull));
      const frame = outlet?.stream.next(this.frameBytes);
      if (outlet === undefined || frame === undefined) break;
      const wireBytes = frame.length + frameHeaderBytes;
      for (const bucket of [...outlet.buckets, this.#total]) bucket.take(wireBytes, now);
      this.#share.charge(outlet, frame.length);
      this.#send(frame, lane, now);
    }
    for (const outlet of this.#bulk.values()) {
      if (this.isThirsty(outlet.stream)) outlet.onThirst();
    }
  }

  /** The peer's application has finished with `count` frames of a stream. False for frames never sent. */
  acknowledged(number: number, count: number): boolean {
    const stream = number === 0 ? this.control : this.#bulk.get(number)?.stream;
    const frames = stream?.acknowledge(count);
    if (frames === undefined) return false;
    const now = performance.now();
    for (const frame of frames) {
      const sending = this.#sendings.get(frame);
      if (sending !== undefined) this.window.acknowledged(sending, now);
      this.#sendings.delete(frame);
      for (const piece of frame.payload) giveBack(piece);
    }
    return true;
  }

  /** What a broken lane had goes out again. */
  laneLost(lane: Lane): void {
    const now = performance.now();
    for (const [frame, sending] of this.#sendings) {
      if (frame.carrier !== lane) continue;
      this.window.lost(sending, now);
      this.#sendings.delete(frame);
    }
    this.control.carrierLost(lane);
    for (const { stream } of this.#bulk.values()) stream.carrierLost(lane);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #bucketOf(name: string): TokenBucket {
    const bucket = this.#buckets.get(name) ?? new TokenBucket();
    this.#buckets.set(name, bucket);
    return bucket;
  }

  #countHeld(byLink: boolean): void {
    if (![...this.#bulk.values()].some(({ stream }) => stream.hasNext)) return;
    const { heldByLink, heldByPeer } = this.#held;
    this.#held = byLink
      ? { heldByLink: heldByLink + 1, heldByPeer }
      : { heldByLink, heldByPeer: heldByPeer + 1 };
  }

  get #anyNeedsNoRoom(): boolean {
    return [...this.#bulk.values()].some(({ stream }) => needsNoRoom(stream));
  }

  *#ready(now: number, windowIsFull: boolean): Generator<BulkOutlet, void, void> {
    for (const outlet of this.#bulk.values()) {
      const { stream, buckets } = outlet;
      if (windowIsFull && !needsNoRoom(stream)) continue;
      const isFull = stream.unacknowledgedFrames >= framesInFlightMax && !stream.hasAgain;
      if (!stream.hasNext || isFull) continue;
      if (!buckets.some((bucket) => this.#heldBack(bucket, now))) yield outlet;
      // A limit is a link as slow as that.
      else this.#countHeld(true);
    }
  }

  #heldBack(bucket: TokenBucket, now: number): boolean {
    const wait = bucket.wait(now);
    if (wait === 0) return false;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#wake();
    }, wait);
    return true;
  }

  #send(frame: NumberedFrame<Lane>, lane: Lane | undefined, now: number): void {
    invariant(lane !== undefined, "a frame is taken for a lane that is there");
    frame.carrier = lane;
    this.#sendings.set(frame, this.window.sent(frame.length, now));
    lane.carry(frame, now);
  }
}

/**
 * What a broken lane had: until it is there, nothing behind it is acknowledged, and no room comes. And the first frame of a stream
 * that has none under way: what others have may not be taken before it (a channel of QEMU's waits for a word in another).
 */
function needsNoRoom({ hasAgain, hasNext, unacknowledgedFrames }: SendStream<Lane>): boolean {
  return hasAgain || (hasNext && unacknowledgedFrames === 0);
}

/** Disks, and files that are sent along. */
function isOfStorage(stream: string): boolean {
  return stream.startsWith("disk:");
}

const hasRoom = (lane: Lane) => lane.hasRoom;

/** Of the lanes that will do, the one whose backlog is gone first. */
function soonest(lanes: readonly Lane[], willDo: (lane: Lane) => boolean): Lane | undefined {
  let best: Lane | undefined;
  for (const lane of lanes) {
    if (!willDo(lane)) continue;
    if (best === undefined || lane.backlogMs < best.backlogMs) best = lane;
  }
  return best;
}
