import assert from "node:assert/strict";
import { test } from "node:test";
import { parseNodeMeminfo, readNumaNodes } from "./numa.ts";

test("a node's memory is what is free, and what cached files but no tmpfs has", () => {
  const text = [
    "Node 0 MemTotal:       1000 kB",
    "Node 0 MemFree:         100 kB",
    "Node 0 FilePages:       500 kB",
    "Node 0 Shmem:           200 kB",
    "Node 0 SReclaimable:     50 kB",
  ].join("\n");
  assert.deepEqual(parseNodeMeminfo(text), { totalBytes: 1_024_000, freeBytes: 450 * 1024 });
});

test("this host's nodes have memory, and a tree without nodes has none", async () => {
  for (const { totalBytes, freeBytes } of await readNumaNodes("/sys")) {
    assert.ok(freeBytes >= 0 && freeBytes <= totalBytes);
  }
  assert.deepEqual(await readNumaNodes("/nowhere"), []);
});
