import assert from "node:assert/strict";
import { test } from "node:test";
import { type ErrorCode, FerryError } from "./errors.ts";
import { ProgramFailure, runProgram } from "./run-program.ts";

const isError = (code: ErrorCode) => (error: unknown) =>
  error instanceof FerryError && error.code === code;

test("standard output is the answer, and arguments are never a command line", async () => {
  assert.equal(await runProgram("printf", ["%s|", "a b", "$(id)", "; ls"]), "a b|$(id)|; ls|");
});

test("a refusal keeps exit code and words as its cause", async () => {
  const error: unknown = await runProgram("sh", ["-c", "echo no >&2; exit 3"]).catch(
    (e: unknown) => e,
  );
  assert.ok(error instanceof FerryError && error.code === "system-refused");
  assert.ok(error.cause instanceof ProgramFailure);
  assert.deepEqual([error.cause.exitCode, error.cause.stderr], [3, "no\n"]);
});

test("a missing program is named with its package", async () => {
  await assert.rejects(
    runProgram("/nowhere/qemu-img", []),
    (error) =>
      error instanceof FerryError && error.remedy === "Install it: apt-get install qemu-utils",
  );
});

test("time, output and the caller's patience have an end", async () => {
  await assert.rejects(runProgram("sleep", ["60"], { timeoutMs: 20 }), isError("timeout"));
  await assert.rejects(runProgram("yes", [], { outputBytesMax: 1000 }), isError("system-refused"));
  const abort = new AbortController();
  const cancelled = runProgram("sleep", ["60"], { signal: abort.signal });
  abort.abort();
  await assert.rejects(cancelled, isError("cancelled"));
});
