/** Runs a file's tests in a network namespace of their own: bridges and taps of a test never meet the machine's. */
import { spawn } from "node:child_process";
import assert from "node:assert/strict";
import { test } from "node:test";

const marker = "FERRY_TEST_OWN_NETWORK";

/** Called at the top of a test file with that file's path; `tests` defines the tests. */
export function inOwnNetwork(file: string, tests: () => void): void {
  if (process.env[marker] === file) tests();
  else test("in a network namespace of its own", () => runInside(file));
}

async function runInside(file: string): Promise<void> {
  // An ordinary user becomes root of a user namespace, if the kernel lets him.
  const flags = process.getuid?.() === 0 ? ["--net"] : ["--net", "--user", "--map-root-user"];
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  const child = spawn("unshare", [...flags, process.execPath, "--test", file], {
    env: { ...environment, [marker]: file },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once("error", reject);
  child.once("close", resolve);
  assert.equal(await promise, 0, Buffer.concat(output).toString());
}
