/** Lines at the end of a terminal that are drawn over again, and text that goes above them. */
import { stripVTControlCharacters } from "node:util";
import type { Output } from "./output.ts";

export class LiveBlock {
  readonly #terminal: Output;
  #lines: readonly string[] = [];

  constructor(terminal: Output) {
    this.#terminal = terminal;
  }

  draw(lines: readonly string[]): void {
    this.#terminal.raw(this.#erase() + this.#text(lines));
    this.#lines = lines;
  }

  /** Adds text that stays, above the block. */
  say(text: string): void {
    this.#terminal.raw(`${this.#erase()}${text}\n${this.#text(this.#lines)}`);
  }

  /** Takes the block away. */
  clear(): void {
    this.#terminal.raw(this.#erase());
    this.#lines = [];
  }

  #erase(): string {
    return this.#lines.length === 0 ? "" : `\u001b[${this.#lines.length}A\r\u001b[J`;
  }

  #text(lines: readonly string[]): string {
    // A line that wraps would take two, and the next erase would miss one.
    const { width } = this.#terminal;
    return lines
      .map((line) => {
        const bare = stripVTControlCharacters(line);
        return `${bare.length <= width ? line : bare.slice(0, width)}\n`;
      })
      .join("");
  }
}
