/**
 * One stream on its way out: what the local socket gave, cut into numbered frames, kept until the peer's application
 * has taken them. Knows nothing of lanes but which of them carries what.
 */
import { dataBytesMax, frameFlags, type FrameType, frameTypes } from "../protocol/frame.ts";

interface FrameBody {
  readonly type: FrameType;
  readonly flags: number;
  readonly length: number;
  readonly payload: readonly Buffer[];
}

/** A numbered frame. Cut once: sent again, it is the same frame, so that the peer can tell a repetition. */
export interface NumberedFrame<Carrier> extends FrameBody {
  readonly stream: SendStream<Carrier>;
  readonly sequence: number;
  /** The lane that has it now; undefined while it waits to be sent again. */
  carrier: Carrier | undefined;
}

export class SendStream<Carrier> {
  readonly number: number;
  readonly name: string;
  acceptedBytes = 0;
  acknowledgedBytes = 0;
  /** Bytes accepted and not in any frame yet. */
  unsentBytes = 0;
  /** Whether its end was said; nothing may be offered then. */
  isEnded = false;
  /** Loose bytes, to be cut and joined at will, and bodies that travel whole. */
  #unsent: (Buffer | FrameBody)[] = [];
  #unacknowledged: NumberedFrame<Carrier>[] = [];
  #again: NumberedFrame<Carrier>[] = [];
  #sequence = 0;
  #acknowledged = 0;

  constructor(number: number, name: string) {
    this.number = number;
    this.name = name;
  }

  /** Bytes of the local socket; they are this stream's from now on. */
  offer(bytes: Buffer): void {
    this.acceptedBytes += bytes.length;
    this.unsentBytes += bytes.length;
    this.#unsent.push(bytes);
  }

  /** A payload that travels whole, behind everything offered so far. */
  offerWhole(type: FrameType, payload: Buffer, flags = 0): void {
    this.#unsent.push({ type, flags, length: payload.length, payload: [payload] });
  }

  /** Nothing follows. */
  end(): void {
    this.isEnded = true;
    this.offerWhole(frameTypes.end, Buffer.alloc(0));
  }

  /** Nothing follows, and something is missing: what was not sent yet is dropped. */
  abort(reason: Buffer): void {
    this.isEnded = true;
    this.#unsent = this.#unsent.filter((each) => "type" in each && each.type === frameTypes.open);
    this.unsentBytes = 0;
    this.offerWhole(frameTypes.end, reason, frameFlags.aborted);
  }

  /** Whether `next` has a frame to give. */
  get hasNext(): boolean {
    return this.#again.length > 0 || this.#unsent.length > 0;
  }

  /** Whether a broken lane had frames that wait to go out again: the peer holds back all that came behind them. */
  get hasAgain(): boolean {
    return this.#again.length > 0;
  }

  get unacknowledgedFrames(): number {
    return this.#unacknowledged.length;
  }

  /** The next frame to send, data of at most `bytes`; what a broken lane had goes first, in order. */
  next(bytes: number): NumberedFrame<Carrier> | undefined {
    const again = this.#again.shift();
    if (again !== undefined) return again;
    const first = this.#unsent[0];
    if (first === undefined) return undefined;
    const body = "type" in first ? first : this.#cutData(Math.min(bytes, dataBytesMax));
    if (body === first) this.#unsent.shift();
    const sequence = this.#sequence++;
    const frame = { ...body, stream: this, sequence, carrier: undefined };
    this.#unacknowledged.push(frame);
    return frame;
  }

  /**
   * The peer has applied the first `count` frames. Returns those this is news of; undefined for a count of frames
   * that were never sent.
   */
  acknowledge(count: number): NumberedFrame<Carrier>[] | undefined {
    if (count > this.#sequence) return undefined;
    if (count <= this.#acknowledged) return [];
    const frames = this.#unacknowledged.splice(0, count - this.#acknowledged);
    this.#acknowledged = count;
    for (const frame of frames) {
      if (frame.type === frameTypes.data) this.acknowledgedBytes += frame.length;
    }
    if (this.#again.length > 0) this.#again = this.#again.filter((f) => f.sequence >= count);
    return frames;
  }

  /** The lane is gone: what it had goes out again. */
  carrierLost(carrier: Carrier): void {
    for (const frame of this.#unacknowledged) {
      if (frame.carrier !== carrier) continue;
      frame.carrier = undefined;
      this.#again.push(frame);
    }
    this.#again.sort((a, b) => a.sequence - b.sequence);
  }

  #cutData(bytes: number): FrameBody {
    const payload: Buffer[] = [];
    let length = 0;
    while (length < bytes) {
      const first = this.#unsent[0];
      if (first === undefined || "type" in first) break;
      const piece = first.subarray(0, bytes - length);
      if (piece.length === first.length) this.#unsent.shift();
      else this.#unsent[0] = first.subarray(piece.length);
      payload.push(piece);
      length += piece.length;
    }
    this.unsentBytes -= length;
    return { type: frameTypes.data, flags: 0, length, payload };
  }
}
