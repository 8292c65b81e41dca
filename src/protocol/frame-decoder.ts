/**
 * Cuts what arrives on a lane into frames, whatever the chunks. A payload is the list of the pieces of the chunks it
 * came in, never copied; what a frame may hold is decided from its header, before any of its payload is kept.
 */
import { FerryError } from "../base/errors.ts";
import { decodeHeader, frameHeaderBytes, type FrameHeader } from "./frame.ts";

export interface Frame extends FrameHeader {
  readonly payload: readonly Buffer[];
}

export class FrameDecoder {
  readonly #header = Buffer.alloc(frameHeaderBytes);
  #headerBytes = 0;
  #frame: FrameHeader | undefined;
  #payload: Buffer[] = [];
  #missing = 0;
  /** How many bytes of the last chunk are in payloads; the others are of no more use to anyone. */
  keptBytes = 0;
  #payloadMax: number;

  /** @param payloadMax a bound on every payload beneath what its type allows, for a peer that is not trusted yet */
  constructor(payloadMax = Number.POSITIVE_INFINITY) {
    this.#payloadMax = payloadMax;
  }

  /** From now on only what each type allows is the bound. */
  trust(): void {
    this.#payloadMax = Number.POSITIVE_INFINITY;
  }

  /**
   * Yields the frames that end in this chunk. The chunk is the decoder's from now on.
   *
   * @throws FerryError `peer-protocol`; the decoder is then of no more use
   */
  *push(chunk: Buffer): Generator<Frame, void, void> {
    let at = 0;
    this.keptBytes = 0;
    while (at < chunk.length) {
      if (this.#frame === undefined) {
        at += this.#pushHeader(chunk, at);
      } else {
        const piece = chunk.subarray(at, at + this.#missing);
        this.#keep(piece);
        this.#missing -= piece.length;
        at += piece.length;
      }
      if (this.#frame !== undefined && this.#missing === 0) yield this.#finish(this.#frame);
    }
  }

  #pushHeader(chunk: Buffer, at: number): number {
    const taken = chunk.copy(this.#header, this.#headerBytes, at, at + this.#bytesToHeader());
    this.#headerBytes += taken;
    if (this.#bytesToHeader() > 0) return taken;
    const header = decodeHeader(this.#header);
    if (header.length > this.#payloadMax) {
      throw new FerryError(
        "peer-protocol",
        `Cannot read a frame: ${header.length} bytes, at most ${this.#payloadMax} wanted so early`,
      );
    }
    this.#frame = header;
    this.#missing = header.length;
    return taken;
  }

  /** Pieces that lie one behind the other in memory become one. */
  #keep(piece: Buffer): void {
    this.keptBytes += piece.length;
    const last = this.#payload.at(-1);
    if (last?.buffer !== piece.buffer || last.byteOffset + last.length !== piece.byteOffset) {
      this.#payload.push(piece);
      return;
    }
    const length = last.length + piece.length;
    this.#payload[this.#payload.length - 1] = Buffer.from(last.buffer, last.byteOffset, length);
  }

  #bytesToHeader(): number {
    return frameHeaderBytes - this.#headerBytes;
  }

  #finish(header: FrameHeader): Frame {
    const payload = this.#payload;
    this.#payload = [];
    this.#frame = undefined;
    this.#headerBytes = 0;
    return { ...header, payload };
  }
}
