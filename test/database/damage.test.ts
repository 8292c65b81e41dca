/** What may happen to the file that everything depends on: killed writers, torn writes, a full disk, damage, another version. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdtemp, open, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { openDatabase } from "../../src/database/database.ts";
import { Journal } from "../../src/migration/journal.ts";
import { HostDisk } from "../faults/host-disk.ts";

const program = join(import.meta.dirname, "append-records.ts");
let directory: string;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "ferry-database-"));
});

after(() => rm(directory, { recursive: true, force: true }));

function recordsOf(path: string): number[] {
  using database = openDatabase(path);
  return new Journal(database, () => 0)
    .of("m")
    .map(({ record }) => Number(record.kind === "rolled-back" ? record.reason : "-1"));
}

/** Lets a writer say `count` numbers and kills it in the middle of the next; answers the last number it said. */
async function killWriter(path: string, first: number, count: number): Promise<number> {
  const child = spawn(process.execPath, [program, path, String(first)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  let last = first - 1;
  createInterface({ input: child.stdout }).on("line", (line) => {
    last = Number(line);
    if (last === first + count) child.kill("SIGKILL");
  });
  await exited;
  return last;
}

test("killed at any time: every record that append returned for is there, in order, and none twice", async () => {
  const path = join(directory, "killed.db");
  let next = 0;
  for (const count of [1, 7, 40, 3, 150, 20]) {
    const last = await killWriter(path, next, count);
    const records = recordsOf(path);
    assert.ok(records.length > last, `${last} was said, ${records.length} are there`);
    assert.deepEqual(
      records,
      records.map((_, index) => index),
    );
    next = records.length;
  }
});

test("a torn last write: wherever the log ends, what is read is a whole beginning of what was written", async () => {
  const path = join(directory, "torn.db");
  await killWriter(path, 0, 60);
  const { size } = await stat(`${path}-wal`);
  let longest = 0;
  for (let cut = size; cut > 0; cut -= Math.ceil(size / 25)) {
    const copy = join(directory, "torn-copy.db");
    await copyFile(path, copy);
    await copyFile(`${path}-wal`, `${copy}-wal`);
    await rm(`${copy}-shm`, { force: true });
    await truncate(`${copy}-wal`, cut);
    const records = recordsOf(copy);
    assert.deepEqual(
      records,
      records.map((_, index) => index),
    );
    longest = Math.max(longest, records.length);
  }
  assert.ok(longest > 60);
});

test("a last write of rubbish is dropped, and nothing before it", async () => {
  const path = join(directory, "rubbish.db");
  await killWriter(path, 0, 30);
  const wal = await open(`${path}-wal`, "r+");
  const { size } = await wal.stat();
  await wal.write(Buffer.alloc(2_000, 0xa5), 0, 2_000, size - 2_000);
  await wal.close();
  await rm(`${path}-shm`, { force: true });
  const records = recordsOf(path);
  assert.ok(records.length >= 29);
  assert.deepEqual(
    records,
    records.map((_, index) => index),
  );
});

const skip = (await HostDisk.isPossible())
  ? false
  : "needs root of the machine, for a disk of its own";

test("a full disk: append throws, what was there stays, and it goes on when there is room", {
  skip,
}, async () => {
  await using disk = await HostDisk.make(join(directory, "disk.img"), join(directory, "disk"));
  const path = join(disk.path, "full.db");
  using database = openDatabase(path);
  const journal = new Journal(database, () => 0);
  const append = (number: number): void =>
    journal.append("m", { kind: "rolled-back", reason: String(number) });
  append(0);
  await disk.fill();
  // The log's own file may have room left in its last block.
  const refused = Array.from({ length: 4_000 }).findIndex((_, index) => {
    try {
      append(index + 1);
      return false;
    } catch (error) {
      assert.match(String(error), /full|I\/O/);
      return true;
    }
  });
  assert.ok(refused >= 0, "a full disk refuses");
  assert.equal(journal.of("m").length, refused + 1);
  await disk.makeRoom();
  append(refused + 1);
  assert.equal(journal.of("m").length, refused + 2);
});

test("an agent's database on a full disk opens, or is refused with the remedy", {
  skip,
}, async () => {
  await using disk = await HostDisk.make(join(directory, "disk2.img"), join(directory, "disk2"));
  await disk.fill();
  assert.throws(() => openDatabase(join(disk.path, "new.db")), {
    code: "system-refused",
    remedy: /[Mm]ake room|disk is not full/,
  });
});

test("a database of a newer version is refused with the remedy, and left as it is", async () => {
  const path = join(directory, "newer.db");
  const database = openDatabase(path);
  database.exec("PRAGMA user_version = 4711");
  database.close();
  const content = await readFile(path);
  assert.throws(() => openDatabase(path), {
    code: "unsupported",
    message: /4711/,
    remedy: /Install/,
  });
  assert.deepEqual(await readFile(path), content);
});

test("a damaged database is refused with the remedy, and left as it is", async () => {
  const path = join(directory, "damaged.db");
  openDatabase(path).close();
  const content = await readFile(path);
  content.fill(0xa5, 4096, 3 * 4096);
  await writeFile(path, content);
  assert.throws(() => openDatabase(path), {
    code: "system-refused",
    message: /damaged/,
    remedy: /backup/,
  });
  await writeFile(path, "this was never a database".repeat(400));
  assert.throws(() => openDatabase(path), { code: "system-refused", message: /damaged/ });
});
