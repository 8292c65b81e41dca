/**
 * One stream on its way in: frames from any lane, in any order, given on in order and each once. What its consumer
 * has finished with is acknowledged, and nothing else.
 */
import { FerryError } from "../base/errors.ts";
import { frameTypes } from "../protocol/frame.ts";
import type { Frame } from "../protocol/frame-decoder.ts";
import { receivedFramesMax } from "./limits.ts";

export class ReceiveStream {
  readonly number: number;
  /** Whether its first frame, which names it, was taken. */
  isOpened = false;
  /** Arrived, and not yet finished with. */
  unappliedBytes = 0;
  /** How many frames were finished with: what the peer is told. */
  applied = 0;
  readonly #early = new Map<number, Frame>();
  readonly #ready: Frame[] = [];
  #expected = 0;
  #ended = false;

  constructor(number: number) {
    this.number = number;
  }

  /** Whether `take` has a frame to give. */
  get hasReady(): boolean {
    return this.#ready.length > 0;
  }

  /**
   * Takes a frame in; a repetition is dropped.
   *
   * @throws FerryError `peer-protocol` for one that cannot belong here
   */
  arrive(frame: Frame): void {
    if (frame.sequence < this.#expected || this.#early.has(frame.sequence)) return;
    if (frame.sequence - this.applied >= receivedFramesMax) {
      throw outOfPlace(frame, `${receivedFramesMax} are the most that may be under way`);
    }
    if (this.#ended) throw outOfPlace(frame, "the stream has ended");
    this.#early.set(frame.sequence, frame);
    this.unappliedBytes += frame.length;
    this.#advance();
  }

  /** The next frame in order. Call `finished` when it has been applied, in the same order. */
  take(): Frame | undefined {
    return this.#ready.shift();
  }

  finished(frame: Frame): void {
    this.applied += 1;
    this.unappliedBytes -= frame.length;
  }

  #advance(): void {
    for (;;) {
      const next = this.#early.get(this.#expected);
      if (next === undefined) return;
      this.#early.delete(this.#expected);
      this.#check(next);
      this.#expected += 1;
      this.#ready.push(next);
    }
  }

  /** The first frame of a bulk stream names it, the last ends it; the control stream has neither. */
  #check(frame: Frame): void {
    const isControl = frame.type === frameTypes.control;
    if (isControl !== (this.number === 0))
      throw outOfPlace(frame, "it is of another stream's kind");
    if (isControl) return;
    if ((frame.sequence === 0) !== (frame.type === frameTypes.open)) {
      throw outOfPlace(frame, "a stream is opened once, by its first frame");
    }
    if (this.#ended) throw outOfPlace(frame, "the stream has ended");
    this.#ended = frame.type === frameTypes.end;
  }
}

function outOfPlace(frame: Frame, why: string): FerryError {
  return new FerryError(
    "peer-protocol",
    `Cannot take frame ${frame.sequence} of type ${frame.type} on stream ${frame.stream}: ${why}`,
  );
}
