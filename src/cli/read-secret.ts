/** Reads a secret that should not be an argument: from a pipe, or typed. */
import { createInterface } from "node:readline/promises";
import { text as readText } from "node:stream/consumers";
import { FerryError } from "../base/errors.ts";

/** `name` as in `join token`. @throws FerryError `bad-input` when nothing was given. */
export async function readSecret(name: string): Promise<string> {
  const secret = (process.stdin.isTTY ? await ask(name) : await readText(process.stdin)).trim();
  if (secret !== "") return secret;
  throw new FerryError("bad-input", `Cannot go on without a ${name}`, {
    remedy: "Type it, pipe it in, or give it as an argument",
  });
}

async function ask(name: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const { promise: closed, resolve } = Promise.withResolvers<string>();
  terminal.once("close", () => resolve(""));
  const answer = await Promise.race([terminal.question(`${name}: `), closed]);
  terminal.close();
  return answer;
}
