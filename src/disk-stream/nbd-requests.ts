/**
 * Finds, in what an NBD client says, where requests begin and end and which bytes are content of which place on the disk.
 * Understands that much and no more; at anything else it takes the rest as bytes without meaning. Pure.
 *
 * Greeting: u32 flags, then options: u64 "IHAVEOPT", u32 option, u32 length, data. Then requests: u32 magic, u16 flags,
 * u16 type, u64 cookie, u64 offset, u32 length (u64 where headers are extended), and what is written after it.
 * https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md
 */
const optionMagic = 0x49484156;
const requestMagic = 0x25609513;
const extendedMagic = 0x21e41c71;
const greetingBytes = 4;
const magicBytes = 4;
const extendedBytes = 32;
const headerBytes: ReadonlyMap<number, number> = new Map([
  [optionMagic, 16],
  [requestMagic, 28],
  [extendedMagic, extendedBytes],
]);
const writeType = 1;
const payloadFlag = 1 << 5;

export interface NbdPiece {
  readonly bytes: Buffer;
  /** Where on the disk these bytes are to be written; undefined for everything that is not content. */
  readonly offset: number | undefined;
  /** Bytes of the same write that follow. */
  readonly followingBytes: number;
}

export class NbdRequests {
  readonly #header = Buffer.alloc(extendedBytes);
  /** Bytes of the header that are here; and how long it is, as far as known. */
  #filled = 0;
  #wanted = magicBytes;
  #greeted = false;
  #isOpaque = false;
  /** Bytes that follow a header, and where they go. */
  #bodyBytes = 0;
  #offset: number | undefined;

  /** Whether something came that is not understood: nothing is known of what follows. */
  get isOpaque(): boolean {
    return this.#isOpaque;
  }

  /** Whether the last byte was the last of a request, or nothing is known of requests. */
  get isBetween(): boolean {
    return this.#isOpaque || (this.#bodyBytes === 0 && this.#filled === 0);
  }

  /** All bytes of the chunk, in order, cut where their meaning changes. */
  *push(chunk: Buffer): Generator<NbdPiece, void, undefined> {
    let at = 0;
    while (at < chunk.length) {
      const left = chunk.length - at;
      if (this.#isOpaque) {
        yield { bytes: chunk.subarray(at), offset: undefined, followingBytes: 0 };
        return;
      }
      if (this.#bodyBytes > 0) {
        const taken = Math.min(left, this.#bodyBytes);
        this.#bodyBytes -= taken;
        const offset = this.#offset;
        if (offset !== undefined) this.#offset = offset + taken;
        const bytes = chunk.subarray(at, at + taken);
        yield { bytes, offset, followingBytes: this.#bodyBytes };
        at += taken;
        continue;
      }
      const taken = Math.min(left, this.#wanted - this.#filled);
      chunk.copy(this.#header, this.#filled, at, at + taken);
      this.#filled += taken;
      const bytes = chunk.subarray(at, at + taken);
      at += taken;
      if (this.#filled === this.#wanted) this.#understand();
      yield { bytes, offset: undefined, followingBytes: 0 };
    }
  }

  #understand(): void {
    if (!this.#greeted) {
      this.#greeted = this.#filled === greetingBytes;
      return this.#next();
    }
    const magic = this.#header.readUInt32BE(0);
    if (this.#filled === magicBytes) {
      const size = headerBytes.get(magic);
      if (size === undefined) this.#isOpaque = true;
      else this.#wanted = size;
      return;
    }
    this.#offset = undefined;
    this.#bodyBytes = magic === optionMagic ? this.#header.readUInt32BE(12) : this.#written(magic);
    if (!Number.isSafeInteger(this.#bodyBytes)) this.#isOpaque = true;
    this.#next();
  }

  /** Bytes that follow a request. */
  #written(magic: number): number {
    const isExtended = magic === extendedMagic;
    const isWrite = this.#header.readUInt16BE(6) === writeType;
    // QEMU's client leaves the flag out that the protocol wants with a write, and its server does not miss it.
    const hasFlag = isExtended && (this.#header.readUInt16BE(4) & payloadFlag) !== 0;
    const hasPayload = isWrite || hasFlag;
    const offset = Number(this.#header.readBigUInt64BE(16));
    this.#offset = isWrite && Number.isSafeInteger(offset) ? offset : undefined;
    if (!hasPayload) return 0;
    return isExtended ? Number(this.#header.readBigUInt64BE(24)) : this.#header.readUInt32BE(24);
  }

  #next(): void {
    this.#filled = 0;
    this.#wanted = magicBytes;
  }
}
