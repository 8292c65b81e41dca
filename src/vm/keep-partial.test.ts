import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { openDatabase } from "../database/database.ts";
import { partialFileName } from "../storage/partial-name.ts";
import { Pools } from "../storage/pools.ts";
import {
  type KeepableDisk,
  keepPartialDisks,
  partialBytes,
  removePartialDisk,
} from "./keep-partial.ts";

const now = 1_795_000_000_000;
let directory: string;
let pools: Pools;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "ferry-partial-"));
  pools = new Pools(openDatabase(":memory:"));
  await pools.add("local", directory);
});

afterEach(() => rm(directory, { recursive: true }));

/** What the attempt with this number makes of the VM's disk. */
function attempt(number: number, more: Partial<KeepableDisk> = {}): KeepableDisk {
  const migration = `${number}`.repeat(8);
  return {
    ...{ migration, vm: "vm-1", vmName: "web01", source: "host-a", disk: "root", pool: "local" },
    ...{ file: partialFileName("root.raw", migration), madeFile: "root.raw", ...more },
  };
}

async function make(bytes: number): Promise<void> {
  await writeFile(join(directory, "root.raw"), Buffer.alloc(bytes, 7));
}

async function files(): Promise<string[]> {
  return (await readdir(directory)).filter((name) => name !== ".ferry-pool");
}

test("a disk is kept under a name of its own, with its room given back, and removed with its row", async () => {
  await make(100_000);
  await pools.reservations.reserve([{ path: join(directory, "root.raw"), bytes: 1_000_000 }]);
  await keepPartialDisks(pools, [attempt(1)], now);
  assert.deepEqual(await files(), ["root.raw.partial-11111111"]);
  assert.equal(await pools.reservations.outstanding(directory), 0);
  const [kept] = pools.partialDisks.list("vm-1");
  assert.ok(kept !== undefined && kept.keptAt === now && kept.expiresAt > now);
  assert.ok((await partialBytes(pools, kept)) >= 100_000);
  await removePartialDisk(pools, kept);
  await removePartialDisk(pools, kept);
  assert.deepEqual(await files(), []);
  assert.deepEqual(pools.partialDisks.list(), []);
});

test("keeping it again changes nothing, whether the first time got as far as the file or not", async () => {
  await make(100_000);
  const { madeFile: _, ...row } = attempt(1);
  pools.partialDisks.add({ ...row, keptAt: now, expiresAt: now + 1 });
  for (let time = 0; time < 2; time++) {
    await keepPartialDisks(pools, [attempt(1)], now + 5);
    assert.deepEqual(await files(), ["root.raw.partial-11111111"]);
    assert.deepEqual(
      pools.partialDisks.list().map(({ keptAt }) => keptAt),
      [now],
    );
  }
});

test("of two attempts at a disk the one that has more stays, and other disks are not its business", async () => {
  await make(100_000);
  await keepPartialDisks(pools, [attempt(1)], now);
  await make(0);
  await truncate(join(directory, "root.raw"), 900_000);
  await keepPartialDisks(pools, [attempt(2)], now);
  assert.deepEqual(await files(), ["root.raw.partial-11111111"]);
  await make(200_000);
  await keepPartialDisks(pools, [attempt(3)], now);
  assert.deepEqual(await files(), ["root.raw.partial-33333333"]);
  await make(4096);
  await keepPartialDisks(pools, [attempt(4, { disk: "data" })], now);
  assert.equal((await files()).length, 2);
});

test("a disk that was never made leaves nothing", async () => {
  await keepPartialDisks(pools, [attempt(1)], now);
  assert.deepEqual(await files(), []);
  assert.deepEqual(pools.partialDisks.list(), []);
});
