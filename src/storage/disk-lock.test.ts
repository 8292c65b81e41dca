import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { test } from "node:test";
import { type ErrorCode, FerryError } from "../base/errors.ts";
import {
  acquireDiskLock,
  type DiskLock,
  lockPath,
  readDiskLock,
  releaseDiskLock,
  takeOverDiskLock,
} from "./disk-lock.ts";

const lock: DiskLock = { vm: "v1", vmName: "web01", host: "a", domain: "d", generation: 3 };
const isError = (code: ErrorCode) => (error: unknown) =>
  error instanceof FerryError && error.code === code && error.remedy !== undefined;

async function disk(): Promise<{ path: string; directory: string } & AsyncDisposable> {
  const directory = await mkdtemp(join(tmpdir(), "ferry-lock-"));
  return {
    directory,
    path: join(directory, "disk.qcow2"),
    async [Symbol.asyncDispose]() {
      await rm(directory, { recursive: true });
    },
  };
}

test("a lock is taken by who may, and refused to everybody else", async () => {
  const cases: readonly [string, Partial<DiskLock>, boolean][] = [
    ["the same host again", {}, true],
    ["the same host in a later generation", { generation: 5 }, true],
    ["the same host, back with an older one", { generation: 1 }, true],
    ["another VM of the same host", { vm: "v2" }, false],
    ["another host in a later generation", { host: "b", generation: 4 }, true],
    ["another host in the same generation", { host: "b" }, false],
    ["another host in an older generation", { host: "b", generation: 2 }, false],
    ["another VM of another host", { host: "b", vm: "v2", generation: 9 }, false],
    ["a host of that name in another domain", { domain: "e" }, false],
  ];
  for (const [who, change, allowed] of cases) {
    await using file = await disk();
    await acquireDiskLock(file.path, lock);
    const wanted = { ...lock, ...change };
    const asked = acquireDiskLock(file.path, wanted);
    if (allowed) await asked;
    else await assert.rejects(asked, isError("in-use"), who);
    assert.deepEqual(await readDiskLock(file.path), allowed ? wanted : lock, who);
    assert.equal((await readdir(file.directory)).length, 1, "no temporary file stays");
  }
});

test("of two that find no lock, one gets it", async () => {
  await using file = await disk();
  const tries = [lock, { ...lock, vm: "v2", host: "b" }].map((wanted) =>
    acquireDiskLock(file.path, wanted),
  );
  const ends = await Promise.allSettled(tries);
  assert.deepEqual(ends.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
});

test("only the holder releases, and a handover asks nobody", async () => {
  await using file = await disk();
  await acquireDiskLock(file.path, lock);
  await releaseDiskLock(file.path, "v1", { host: "b", domain: "d" });
  await releaseDiskLock(file.path, "v2", lock);
  assert.deepEqual(await readDiskLock(file.path), lock);
  const next = { ...lock, host: "b", generation: 4 };
  await takeOverDiskLock(file.path, next);
  await releaseDiskLock(file.path, "v1", lock);
  assert.deepEqual(await readDiskLock(file.path), next);
  await releaseDiskLock(file.path, "v1", next);
  assert.equal(await readDiskLock(file.path), undefined);
});

test("a lock that can't be written leaves nothing behind", async () => {
  await using file = await disk();
  await mkdir(lockPath(file.path));
  await assert.rejects(takeOverDiskLock(file.path, lock));
  assert.deepEqual(await readdir(file.directory), [basename(lockPath(file.path))]);
});

test("a host that has joined a domain since still holds its lock", async () => {
  await using file = await disk();
  await acquireDiskLock(file.path, { ...lock, domain: null });
  await acquireDiskLock(file.path, lock);
  assert.deepEqual(await readDiskLock(file.path), lock);
});

test("a damaged lock is not taken for none", async () => {
  await using file = await disk();
  for (const text of ["", "{", '{"vm":"v1"}']) {
    await writeFile(lockPath(file.path), text);
    await assert.rejects(acquireDiskLock(file.path, lock), isError("system-refused"), text);
  }
});
