/** Asks before something that can't be taken back. Scripts say --yes; silence is never consent. */
import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import { FerryError } from "../base/errors.ts";

export interface Question {
  /** What will happen, as a sentence. */
  readonly consequence: string;
  /** The action, for the error: `delete VM "web01"`. */
  readonly action: string;
  readonly yes: boolean | undefined;
}

/** @throws FerryError `cancelled` on any answer but yes; `bad-input` where nobody can be asked. */
export async function confirm({ consequence, action, yes }: Question): Promise<void> {
  if (yes === true) return;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new FerryError("bad-input", `Cannot ${action} without confirmation`, {
      remedy: `${consequence}; give --yes to say that this is wanted`,
    });
  }
  // The question goes to standard error: standard output belongs to the result.
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // Ctrl-C and the end of input close the terminal without an answer: that is a no.
  const closed = once(terminal, "close").then(() => "");
  const answer = await Promise.race([terminal.question(`${consequence}. Go on? [y/N] `), closed]);
  terminal.close();
  if (/^y(es)?$/i.test(answer.trim())) return;
  throw new FerryError("cancelled", `Did not ${action}: it was not confirmed`);
}
