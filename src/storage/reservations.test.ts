import assert from "node:assert/strict";
import { mkdtemp, rm, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Reservations } from "./reservations.ts";

let directory: string;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "ferry-reservations-"));
});
after(async () => {
  await rm(directory, { recursive: true });
});

async function freeBytes(): Promise<number> {
  const { bsize, bavail } = await statfs(directory);
  return bsize * bavail;
}

test("reserve() counts all files together, with what others have reserved", async () => {
  const reservations = new Reservations();
  const third = Math.ceil((await freeBytes()) / 3);
  await reservations.reserve([{ path: join(directory, "one"), bytes: third * 2 }]);
  const tooMuch = ["two", "three"].map((name) => ({ path: join(directory, name), bytes: third }));
  await assert.rejects(reservations.reserve(tooMuch), { code: "no-space" });
  assert.equal(await reservations.outstanding(directory), third * 2);
});

test("of two that ask at once for more than there is, not both get it", async () => {
  const reservations = new Reservations();
  const bytes = Math.ceil((await freeBytes()) * 0.6);
  const results = await Promise.allSettled(
    ["one", "two"].map((name) => reservations.reserve([{ path: join(directory, name), bytes }])),
  );
  assert.ok(results.some(({ status }) => status === "rejected"));
});

test("what is written is not reserved any more, and a release frees the rest", async () => {
  const reservations = new Reservations();
  const path = join(directory, "disk");
  await reservations.reserve([{ path, bytes: 1 << 20 }]);
  await writeFile(path, Buffer.alloc(1 << 19, 1));
  assert.ok((await reservations.outstanding(directory)) <= 1 << 19);
  reservations.release([path]);
  assert.equal(await reservations.outstanding(directory), 0);
});
