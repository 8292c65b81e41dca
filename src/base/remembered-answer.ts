/** What a program says of itself, remembered until its file is another: asking starts it, and checks and moves ask often. */
import { realpath, stat } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { missingProgram, searchPath } from "./run-program.ts";

export class RememberedAnswer<Answer> {
  readonly #ask: (path: string) => Promise<Answer>;
  readonly #known = new Map<string, Promise<Answer>>();

  /** @param ask given the program's file, absolute, links resolved */
  constructor(ask: (path: string) => Promise<Answer>) {
    this.#ask = ask;
  }

  /** The same object for as long as the program is the same file. @throws FerryError `missing-program`, and as `ask` */
  async of(program: string): Promise<Answer> {
    const path = await findProgram(program);
    const { mtimeMs, size } = await stat(path);
    const key = `${path} ${mtimeMs} ${size}`;
    const known = this.#known.get(key);
    if (known !== undefined) return await known;
    const asked = this.#ask(path);
    this.#known.set(key, asked);
    // A failure may be passing, such as a host out of memory: the next caller asks again.
    asked.catch(() => this.#known.delete(key));
    return await asked;
  }
}

async function findProgram(program: string): Promise<string> {
  const candidates = program.includes("/")
    ? [program]
    : searchPath()
        .split(delimiter)
        .map((directory) => join(directory, program));
  for (const candidate of candidates) {
    const found = await realpath(candidate).catch(() => undefined);
    if (found !== undefined) return found;
  }
  throw missingProgram(program);
}
