import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import { Cli } from "./cli.ts";
import { docsPage } from "./docs-page.ts";
import { buildProgram } from "./program.ts";

const silent = { write: () => true };
const cli = new Cli({
  options: () => ({}),
  streams: { out: silent, err: silent },
  environment: {},
});
const program = await buildProgram(cli);

test("docs/cli.md is what the commands say: node src/cli/write-docs.ts", async () => {
  const page = await readFile(new URL("../../docs/cli.md", import.meta.url), "utf8");
  assert.equal(page, docsPage(program));
});

test("every command, argument and option has a description", () => {
  const missing: string[] = [];
  const look = (command: typeof program, path: string): void => {
    const texts = [
      command.description(),
      ...[...command.registeredArguments, ...command.options].map((part) => part.description),
    ];
    if (texts.includes("")) missing.push(path);
    for (const next of command.commands) look(next, `${path} ${next.name()}`);
  };
  look(program, "ferry");
  // What only the completion script calls needs none for its words.
  assert.deepEqual(missing, ["ferry complete-words"]);
});
