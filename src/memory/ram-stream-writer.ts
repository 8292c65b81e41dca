/**
 * Makes QEMU's stream again from its parts: what the parser took apart comes out byte for byte the same, and where
 * records were left out or moved, a stream that says the same. Writes into buffers of a bounded size and passes each
 * on when it is full, so that a run of a million empty pages takes no more memory than one.
 */
import { outputBytesMax, pageBits, pageBytes } from "./limits.ts";
import { writeMemorySizes } from "./memory-sizes.ts";
import { elements, type RamBlock, recordFlags } from "./qemu-stream.ts";

const pagesPerHighWord = 2 ** (32 - pageBits);
/** Address and flags, a block's name with its length, and a page. */
const recordBytesMax = 8 + 256 + pageBytes;

export class RamStreamWriter {
  readonly #pass: (bytes: Buffer) => Promise<void>;
  #output: Buffer = Buffer.alloc(0);
  #at = 0;
  #names: Buffer[] = [];
  /** The block of the last record written, which QEMU takes a record without a name to mean; -1 before the first. */
  #block = -1;

  /** @param pass takes a buffer for good; the writer goes on when it resolves */
  constructor(pass: (bytes: Buffer) => Promise<void>) {
    this.#pass = pass;
  }

  async bytes(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      if (!this.hasRoom) await this.flush();
      const length = Math.min(bytes.length - at, this.#output.length - this.#at);
      bytes.copy(this.#output, this.#at, at, at + length);
      this.#at += length;
      at += length;
    }
  }

  async machine(name: Buffer): Promise<void> {
    const header = Buffer.alloc(5);
    header.writeUInt8(elements.configuration);
    header.writeUInt32BE(name.length, 1);
    await this.bytes(Buffer.concat([header, name]));
  }

  async blocks(blocks: readonly RamBlock[]): Promise<void> {
    this.#names = blocks.map(({ name }) =>
      Buffer.concat([Buffer.from([name.length]), Buffer.from(name, "latin1")]),
    );
    await this.bytes(writeMemorySizes(blocks));
  }

  /** Whether a record more fits; else `flush` has to come first. */
  get hasRoom(): boolean {
    return this.#output.length - this.#at >= recordBytesMax;
  }

  page(block: number, page: number, source: Uint8Array, start: number): void {
    this.#header(block, page, recordFlags.page);
    this.#output.set(source.subarray(start, start + pageBytes), this.#at);
    this.#at += pageBytes;
  }

  async zeros(block: number, first: number, count: number): Promise<void> {
    for (let page = first; page < first + count; page++) {
      if (!this.hasRoom) await this.flush();
      this.#header(block, page, recordFlags.zero);
      this.#output[this.#at++] = 0;
    }
  }

  /** Passes on what there is; there is room then. */
  async flush(): Promise<void> {
    if (this.#at > 0) {
      const full = this.#output.subarray(0, this.#at);
      this.#output = this.#output.subarray(this.#at);
      this.#at = 0;
      await this.#pass(full);
    }
    if (!this.hasRoom) this.#output = Buffer.allocUnsafeSlow(outputBytesMax);
  }

  #header(block: number, page: number, kind: number): void {
    const isSame = block === this.#block;
    const flags = isSame ? kind | recordFlags.sameBlock : kind;
    this.#output.writeUInt32BE(Math.floor(page / pagesPerHighWord), this.#at);
    this.#output.writeUInt32BE((((page << pageBits) >>> 0) | flags) >>> 0, this.#at + 4);
    this.#at += 8;
    if (isSame) return;
    const name = this.#names[block];
    if (name === undefined) throw new RangeError(`Cannot write a page of block ${block}: no such`);
    this.#output.set(name, this.#at);
    this.#at += name.length;
    this.#block = block;
  }
}
