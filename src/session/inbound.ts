/**
 * Everything that comes from the peer: numbered frames are put in order, stream by stream, and given to whoever
 * carries the stream here. Frames of a stream that nobody carries yet wait, unacknowledged, so that the peer stops.
 */
import { FerryError } from "../base/errors.ts";
import { frameTypes } from "../protocol/frame.ts";
import type { Frame } from "../protocol/frame-decoder.ts";
import { receivedBytesMax, streamsMax } from "./limits.ts";
import { ReceiveStream } from "./receive-stream.ts";
import { giveBack } from "./slabs.ts";

/** Called whenever the stream has frames ready to be taken. */
export type Consumer = (stream: ReceiveStream) => void;

export class Inbound {
  readonly #streams = new Map<number, ReceiveStream>();
  /** Opened by the peer, carried by nobody here yet; and the other way round. At most one of the two has the name. */
  readonly #unclaimed = new Map<string, ReceiveStream[]>();
  readonly #expected = new Map<string, Consumer[]>();
  readonly #consumers = new Map<ReceiveStream, Consumer>();
  readonly #control: (payload: Buffer) => void;
  readonly #news: () => void;
  #dirty = new Set<ReceiveStream>();
  #unappliedBytes = 0;

  /**
   * @param control given each control message's bytes
   * @param news called when there are acknowledgements to send (`takeAcknowledgements`)
   */
  constructor(control: (payload: Buffer) => void, news: () => void) {
    this.#control = control;
    this.#news = news;
  }

  /** @throws FerryError `peer-protocol` for a frame that cannot be, or is more than may be under way */
  arrive(frame: Frame): void {
    const stream = this.#streamOf(frame);
    const before = stream.unappliedBytes;
    stream.arrive(frame);
    this.#unappliedBytes += stream.unappliedBytes - before;
    if (this.#unappliedBytes > receivedBytesMax) {
      throw new FerryError(
        "peer-protocol",
        `Cannot take more of the peer: ${receivedBytesMax} bytes wait to be applied`,
      );
    }
    // A frame that was applied already says that its acknowledgement got lost.
    this.#soil(stream);
    if (stream.hasReady) this.#serve(stream);
  }

  /**
   * `consumer` takes the frames of the peer's stream `name`: of its first for the first who asks, of its second for
   * the second, so that a stream that is carried anew is not mixed with what is left of the one before.
   */
  attach(name: string, consumer: Consumer): void {
    const stream = this.#unclaimed.get(name)?.shift();
    if (stream === undefined) return append(this.#expected, name, consumer);
    this.#consumers.set(stream, consumer);
    consumer(stream);
  }

  /** A consumer has applied a frame it took, and holds nothing of its payload. */
  finished(stream: ReceiveStream, frame: Frame): void {
    stream.finished(frame);
    for (const piece of frame.payload) giveBack(piece);
    this.#unappliedBytes -= frame.length;
    this.#soil(stream);
  }

  /** The streams whose acknowledgement is news, each once. */
  takeAcknowledgements(): Iterable<ReceiveStream> {
    const dirty = this.#dirty;
    this.#dirty = new Set();
    return dirty;
  }

  /** A new lane: the peer may have missed every acknowledgement of the last one. */
  repeatAcknowledgements(): void {
    for (const stream of this.#streams.values()) this.#soil(stream);
  }

  #soil(stream: ReceiveStream): void {
    this.#dirty.add(stream);
    this.#news();
  }

  #streamOf(frame: Frame): ReceiveStream {
    const known = this.#streams.get(frame.stream);
    if (known !== undefined) return known;
    if (frame.stream > streamsMax) {
      throw new FerryError(
        "peer-protocol",
        `Cannot take stream ${frame.stream}: at most ${streamsMax} wanted`,
      );
    }
    const stream = new ReceiveStream(frame.stream);
    this.#streams.set(frame.stream, stream);
    return stream;
  }

  #serve(stream: ReceiveStream): void {
    if (stream.number === 0) return this.#takeControl(stream);
    if (!stream.isOpened) this.#takeOpening(stream);
    if (stream.hasReady) this.#consumers.get(stream)?.(stream);
  }

  #takeControl(stream: ReceiveStream): void {
    for (let frame = stream.take(); frame !== undefined; frame = stream.take()) {
      const message = Buffer.concat(frame.payload);
      this.finished(stream, frame);
      this.#control(message);
    }
  }

  #takeOpening(stream: ReceiveStream): void {
    const frame = stream.take();
    if (frame?.type !== frameTypes.open) return;
    const name = Buffer.concat(frame.payload).toString();
    stream.isOpened = true;
    this.finished(stream, frame);
    const consumer = this.#expected.get(name)?.shift();
    if (consumer === undefined) append(this.#unclaimed, name, stream);
    else this.#consumers.set(stream, consumer);
  }
}

function append<Value>(lists: Map<string, Value[]>, name: string, value: Value): void {
  const list = lists.get(name) ?? [];
  list.push(value);
  lists.set(name, list);
}
