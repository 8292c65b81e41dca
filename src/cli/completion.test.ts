import assert from "node:assert/strict";
import test from "node:test";
import { Cli } from "./cli.ts";
import { completeWords } from "./completion.ts";
import { buildProgram } from "./program.ts";

const silent = { write: () => true };
const cli = new Cli({
  options: () => ({}),
  streams: { out: silent, err: silent },
  environment: {},
});
const program = await buildProgram(cli);
const complete = (...words: string[]) => completeWords(program, words);

test("commands come first, without those that are for programs", () => {
  const answer = complete("");
  assert.equal(answer.kind, "words");
  assert.ok(answer.words.includes("move"));
  assert.ok(!answer.words.includes("complete-words"));
});

test("what an argument takes follows from its name", () => {
  assert.deepEqual(complete("move", ""), { kind: "names", of: "vm" });
  assert.deepEqual(complete("move", "web01", ""), { kind: "names", of: "host" });
  assert.deepEqual(complete("migration", "watch", ""), { kind: "names", of: "migration" });
  assert.deepEqual(complete("vm", "apply", ""), { kind: "files" });
  assert.deepEqual(complete("pool", "create", "a", ""), { kind: "files" });
  assert.deepEqual(complete("completion", ""), { kind: "words", words: ["bash", "zsh", "fish"] });
});

test("options are completed anywhere, their values by choices or by name", () => {
  const flags = complete("move", "web01", "--");
  assert.ok(flags.kind === "words" && flags.words.includes("--performance"));
  assert.ok(flags.words.includes("--json"));
  assert.deepEqual(complete("--host", ""), { kind: "names", of: "host" });
  const values = complete("move", "--performance", "");
  assert.ok(values.kind === "words" && values.words.includes("compression"));
});

test("an option's value is no argument, and after the last argument nothing comes", () => {
  assert.deepEqual(complete("move", "--bandwidth", "1G", ""), { kind: "names", of: "vm" });
  assert.deepEqual(complete("vm", "show", "web01", ""), { kind: "words", words: [] });
  assert.deepEqual(complete("nonsense", ""), { kind: "words", words: [] });
});
