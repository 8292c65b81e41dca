/** A medium that the target does not reach is carried along, and left where it was. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { testDirectory } from "../vm/host.ts";
import { type Apart, hostsApart } from "./apart.ts";

const iso = "tools.iso";
const content = randomBytes(3_000_000 + 512);
let directory: Awaited<ReturnType<typeof testDirectory>>;
let apart: Apart;

before(async () => {
  directory = await testDirectory();
  apart = await hostsApart(directory.path);
  const { a } = apart;
  await writeFile(apart.path(a, iso), content);
  const medium = { pool: "local", file: iso };
  await a.host.vms.create({ name: "web01", memoryMib: 32, vnc: false, iso: medium });
  await a.host.vms.start("web01");
});

after(async () => {
  await apart?.a[Symbol.asyncDispose]();
  await apart?.b[Symbol.asyncDispose]();
  await directory?.[Symbol.asyncDispose]();
});

async function move(bytes: number) {
  const { a, b } = apart;
  const file = { pool: "local", file: iso, targetPool: "local", bytes, copy: true };
  const request = { vm: "web01", target: b.name, options: {}, requestedBy: "test" };
  return a.over(a.migrations.start({ ...request, files: [file] }).id);
}

test("a file that is not as long as announced is refused, and nothing of it stays", async () => {
  for (const bytes of [content.length - 1, content.length + 1]) {
    const record = await move(bytes);
    assert.equal(record.error?.code, "peer-protocol");
    assert.deepEqual(await apart.files(apart.b), []);
    assert.equal(apart.a.host.vms.get("web01").state, "running");
  }
});

test("a medium is carried along whole, and stays on the source for others", async () => {
  const { a, b } = apart;
  const record = await move(content.length);
  assert.equal(record.error, null);
  assert.deepEqual(await readFile(apart.path(b, iso)), content);
  assert.deepEqual(await apart.files(a), [iso]);
  assert.equal(b.host.vms.get("web01").state, "running");
});
