import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { onLines } from "./on-lines.ts";

test("lines are heard, and a stream that fails afterwards fails nobody but its own listeners", async () => {
  const stream = new PassThrough();
  const heard: string[] = [];
  const failed = new Promise<Error>((resolve) => stream.once("error", resolve));
  onLines(stream, (line) => heard.push(line));
  stream.write("one\ntwo\n");
  await new Promise((resolve) => setImmediate(resolve));
  stream.destroy(new Error("reset"));
  assert.equal((await failed).message, "reset");
  assert.deepEqual(heard, ["one", "two"]);
});
