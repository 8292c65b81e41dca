import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { totalmem, tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { memoryForGuests, transparentHugePages } from "./guests-share.ts";

test("guests may have nine tenths of the nodes' memory, or of the machine's where it has no nodes", async (t) => {
  const tree = await mkdtemp(join(tmpdir(), "ferry-sysfs-"));
  t.after(() => rm(tree, { recursive: true }));
  assert.equal(await memoryForGuests(tree), Math.floor(totalmem() * 0.9));
  for (const node of [0, 1]) {
    const directory = join(tree, `devices/system/node/node${node}`);
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, "meminfo"), `Node ${node} MemTotal:  1000 kB\n`);
  }
  assert.equal(await memoryForGuests(tree), 0.9 * 2000 * 1024);
});

test("huge pages are what the kernel's word in brackets says, and never without one", async (t) => {
  const tree = await mkdtemp(join(tmpdir(), "ferry-sysfs-"));
  t.after(() => rm(tree, { recursive: true }));
  assert.equal(await transparentHugePages(tree), "never");
  const directory = join(tree, "kernel/mm/transparent_hugepage");
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "enabled"), "always [madvise] never\n");
  assert.equal(await transparentHugePages(tree), "madvise");
});
