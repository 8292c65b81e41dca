import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Watchdog } from "./watchdog.ts";

let directory: string;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "ferry-watchdog-"));
});

after(() => rm(directory, { recursive: true }));

// A plain file stands for the device: no machine here has one that could be tried.
test("a watchdog is opened with the first sign of life, fed with each, and closed by the magic letter", async () => {
  const path = join(directory, "watchdog");
  const dog = new Watchdog(path, assert.fail);
  await assert.rejects(readFile(path), { code: "ENOENT" });
  dog.pet();
  dog.pet();
  assert.equal(await readFile(path, "utf8"), "11");
  dog[Symbol.dispose]();
  dog[Symbol.dispose]();
  assert.equal(await readFile(path, "utf8"), "11V");
});

test("one that never lived is not opened to be closed, and one that fails is said once", () => {
  const said: string[] = [];
  using dog = new Watchdog(join(directory, "none", "watchdog"), (line) => said.push(line));
  dog.pet();
  dog.pet();
  assert.equal(said.length, 1);
  assert.match(said[0] ?? "", /cannot use watchdog .*ENOENT/);
});
