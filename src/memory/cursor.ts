/**
 * Reads big-endian fields from a buffer that may end too early. A read past the end gives zero and marks the cursor
 * short, so that a parser reads all it wants in a row and looks once whether it was all there.
 */
export class Cursor {
  readonly source: Buffer;
  readonly start: number;
  readonly end: number;
  at: number;
  #shortOf = 0;

  constructor(source: Buffer, start: number, end: number) {
    this.source = source;
    this.start = start;
    this.end = end;
    this.at = start;
  }

  get isShort(): boolean {
    return this.#shortOf > 0;
  }

  /** How many bytes, counted from the start, the first read that fell short would have taken at least. */
  get shortOf(): number {
    return this.#shortOf;
  }

  get length(): number {
    return this.at - this.start;
  }

  u8(): number {
    return this.skip(1) ? (this.source[this.at - 1] ?? 0) : 0;
  }

  be16(): number {
    return this.skip(2) ? this.source.readUInt16BE(this.at - 2) : 0;
  }

  be32(): number {
    return this.skip(4) ? this.source.readUInt32BE(this.at - 4) : 0;
  }

  /** As a number: exact below 2^53, above all that a size or an address may be, rounded. */
  be64(): number {
    if (!this.skip(8)) return 0;
    return this.source.readUInt32BE(this.at - 8) * 2 ** 32 + this.source.readUInt32BE(this.at - 4);
  }

  /** Bytes as one character each, so that any name survives being read and written. */
  text(length: number): string {
    return this.skip(length) ? this.source.toString("latin1", this.at - length, this.at) : "";
  }

  /** A length byte and so many characters. */
  name(): string {
    return this.text(this.u8());
  }

  /** Whether there were so many bytes to pass over. */
  skip(length: number): boolean {
    if (this.isShort) return false;
    if (this.at + length > this.end) {
      this.#shortOf = this.at + length - this.start;
      return false;
    }
    this.at += length;
    return true;
  }
}
