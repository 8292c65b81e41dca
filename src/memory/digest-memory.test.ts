import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { digestKeyBytes, digestMemory } from "./digest-memory.ts";
import { pageBytes } from "./limits.ts";

/** Where the memory lies in its file. */
const address = 3 * pageBytes;

async function digests(memory: Buffer, pagesPerDigest: number, key: Buffer | undefined) {
  await using directory = await temporary();
  await using file = await open(join(directory.path, "memory"), "w+");
  await file.write(memory, 0, memory.length, address);
  const stretches = { firstPage: 0, pages: memory.length / pageBytes, pagesPerDigest };
  return await digestMemory({ file, address }, stretches, key);
}

async function temporary() {
  const path = await mkdtemp(join(tmpdir(), "ferry-digest-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

test("of two memories that differ in one bit only the digest of its stretch differs, whatever the key", async () => {
  const place = {
    pages: fc.integer({ min: 1, max: 20 }),
    pagesPerDigest: fc.constantFrom(1, 4, 7),
  };
  const bit = fc.record({ byte: fc.nat(), mask: fc.constantFrom(1, 8, 128) });
  const key = fc.constantFrom(undefined, randomBytes(digestKeyBytes));
  await fc.assert(
    fc.asyncProperty(fc.record(place), bit, key, async ({ pages, pagesPerDigest }, flip, used) => {
      const memory = Buffer.alloc(pages * pageBytes);
      if (pages > 3) randomBytes(2 * pageBytes).copy(memory, pageBytes);
      const other = Buffer.from(memory);
      const byte = flip.byte % memory.length;
      other[byte] = (other[byte] ?? 0) ^ flip.mask;
      const here = await digests(memory, pagesPerDigest, used);
      const there = await digests(other, pagesPerDigest, used);
      assert.equal(here.length, Math.ceil(pages / pagesPerDigest));
      const differing = here.flatMap((digest, index) => (digest === there[index] ? [] : [index]));
      assert.deepEqual(differing, [Math.floor(byte / pageBytes / pagesPerDigest)]);
    }),
    { numRuns: 50 },
  );
});

test("without a key it is what hosts of before know, and memory that can't be read is an error", async () => {
  const memory = randomBytes(3 * pageBytes);
  const sha256 = createHash("sha256").update(memory).digest("base64");
  assert.deepEqual(await digests(memory, 256, undefined), [sha256]);
  await using directory = await temporary();
  await using file = await open(join(directory.path, "memory"), "w+");
  const stretches = { firstPage: 0, pages: 1, pagesPerDigest: 1 };
  await assert.rejects(digestMemory({ file, address }, stretches, undefined), { code: "internal" });
});
