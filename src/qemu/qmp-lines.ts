/** Cuts a byte stream into lines, with a limit on the length of one. */
import { FerryError } from "../base/errors.ts";

/** QEMU's longest known answer, `query-qmp-schema`, has about 250 KB; no honest line comes near this. */
export const qmpLineBytesMax = 8 * 1024 * 1024;

export class LineSplitter {
  readonly #bytesMax: number;
  #parts: Buffer[] = [];
  #heldBytes = 0;

  constructor(bytesMax: number = qmpLineBytesMax) {
    this.#bytesMax = bytesMax;
  }

  /**
   * Takes the next bytes and returns the lines they complete, without their ends.
   * @throws FerryError `qemu-failed` when a line is longer than the limit; the splitter is useless then.
   */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      this.#hold(chunk.subarray(start, end));
      lines.push(Buffer.concat(this.#parts).toString("utf8").trimEnd());
      this.#parts = [];
      this.#heldBytes = 0;
      start = end + 1;
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start));
    return lines;
  }

  #hold(part: Buffer): void {
    this.#heldBytes += part.length;
    if (this.#heldBytes > this.#bytesMax) {
      throw new FerryError(
        "qemu-failed",
        `Cannot read a QMP line: it is longer than ${this.#bytesMax} bytes`,
      );
    }
    this.#parts.push(part);
  }
}
