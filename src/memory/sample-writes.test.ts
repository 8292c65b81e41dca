import assert from "node:assert/strict";
import { randomFillSync } from "node:crypto";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { pageBytes } from "./limits.ts";
import { sampleWrites, type SampledWrites } from "./sample-writes.ts";

/** Less than is looked at: all of it is. */
const pages = 1_024;
/** Where memory begins in its file. */
const address = 3 * pageBytes;
const betweenMs = 200;

/** What is seen of memory of which every eighth page is changed. */
async function seen(change: (page: Buffer) => void): Promise<SampledWrites> {
  const directory = await mkdtemp(join(tmpdir(), "ferry-writes-"));
  try {
    const path = join(directory, "memory");
    await using file = await open(path, "w");
    const memory = randomFillSync(Buffer.alloc(pages * pageBytes));
    await file.write(memory, 0, memory.length, address);
    const looking = sampleWrites(
      { path, address, bytes: memory.length },
      { betweenMs, stretches: 256 },
    );
    setTimeout(() => {
      for (let page = 0; page < pages; page += 8) {
        change(memory.subarray(page * pageBytes, (page + 1) * pageBytes));
      }
      void file.write(memory, 0, memory.length, address);
    }, betweenMs / 2);
    const writes = await looking;
    assert.ok(writes !== null);
    return writes;
  } finally {
    await rm(directory, { recursive: true });
  }
}

describe("what a guest's writes are like", () => {
  test("a few bytes of a page are a small difference of a page that can't be compressed", async () => {
    const { changed, ratios } = await seen((page) =>
      page.writeUInt32LE(page.readUInt32LE(64) + 1, 64),
    );
    assert.ok(ratios !== null);
    assert.equal(changed, 1 / 8);
    assert.ok(ratios.wholeRatio < 1.1, `${ratios.wholeRatio}`);
    assert.ok(ratios.differenceRatio > 50, `${ratios.differenceRatio}`);
  });

  test("pages that become the same are small, and need no difference", async () => {
    const { changed, ratios } = await seen((page) => page.fill("the same, "));
    assert.ok(ratios !== null);
    assert.equal(changed, 1 / 8);
    assert.ok(ratios.wholeRatio > 100, `${ratios.wholeRatio}`);
    assert.equal(ratios.differenceRatio, ratios.wholeRatio);
  });

  test("of pages that become others nothing is gained either way", async () => {
    const { changed, ratios } = await seen((page) => randomFillSync(page));
    assert.ok(ratios !== null);
    assert.equal(changed, 1 / 8);
    assert.ok(ratios.wholeRatio < 1.1, `${ratios.wholeRatio}`);
    assert.ok(ratios.differenceRatio < 1.1, `${ratios.differenceRatio}`);
  });

  test("a guest that changes nothing says nothing", async () => {
    assert.deepEqual(await seen(() => undefined), { changed: 0, ratios: null });
  });
});
