import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type ErrorCode, FerryError } from "../base/errors.ts";
import { openDatabase } from "../database/database.ts";
import { Pools } from "./pools.ts";
import { answerProof, readProof, removeProof, writeProof } from "./shared-proof.ts";

const isError = (code: ErrorCode) => (error: unknown) =>
  error instanceof FerryError && error.code === code && error.remedy !== undefined;

async function directory(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "ferry-pool-"));
  return {
    path,
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true });
    },
  };
}

test("two hosts that add one directory find the same id, also at the same moment", async () => {
  await using shared = await directory();
  const hosts = [1, 2, 3].map(() => new Pools(openDatabase(":memory:")));
  const pools = await Promise.all(hosts.map((host) => host.add("disks", shared.path)));
  assert.equal(new Set(pools.map(({ id }) => id)).size, 1);
});

test("a name, a directory and a wrong path are each refused", async () => {
  await using place = await directory();
  const pools = new Pools(openDatabase(":memory:"));
  await pools.add("disks", place.path);
  await mkdir(join(place.path, "inner"));
  await writeFile(join(place.path, "file"), "");
  await assert.rejects(pools.add("disks", join(place.path, "inner")), isError("already-exists"));
  await assert.rejects(pools.add("again", place.path), isError("already-exists"));
  await assert.rejects(
    pools.add("again", join(place.path, "inner", "..")),
    isError("already-exists"),
  );
  for (const path of ["relative", "/nowhere/at/all", join(place.path, "file"), ""]) {
    await assert.rejects(pools.add("other", path), isError("bad-input"), path);
  }
  assert.throws(() => pools.get("other"), isError("not-found"));
  await assert.rejects(pools.remove("disks", ["web01"]), isError("in-use"));
  await pools.remove("disks", []);
  assert.deepEqual(pools.list(), []);
});

test("no file name leads out of the pool", async () => {
  await using place = await directory();
  const path = join(place.path, "pool");
  await mkdir(path);
  await writeFile(join(place.path, "secret"), "s");
  await writeFile(join(path, "disk.raw"), "d");
  await symlink("../secret", join(path, "link"));
  await mkdir(join(path, "folder"));
  const pools = new Pools(openDatabase(":memory:"));
  await pools.add("disks", path);
  const open = async (file: string) => pools.pathOf({ pool: "disks", file });
  assert.equal(await open("disk.raw"), join(path, "disk.raw"));
  for (const file of [
    "../secret",
    "/etc/passwd",
    "..",
    ".",
    "",
    ".ferry-pool",
    "a/../disk.raw",
    "-disk",
  ]) {
    await assert.rejects(open(file), isError("bad-input"), file);
  }
  for (const file of ["link", "folder"])
    await assert.rejects(open(file), isError("bad-input"), file);
  await assert.rejects(open("absent"), isError("not-found"));
  assert.deepEqual(
    (await pools.files("disks")).map(({ file, sizeBytes }) => [file, sizeBytes]),
    [["disk.raw", 1]],
  );
  await assert.rejects(
    pools.pathForNew({ pool: "disks", file: "disk.raw" }),
    isError("already-exists"),
  );
});

test("a pool whose directory lost its marker is not used", async () => {
  await using place = await directory();
  const pools = new Pools(openDatabase(":memory:"));
  await pools.add("disks", place.path);
  await writeFile(join(place.path, "disk.raw"), "");
  await rm(join(place.path, ".ferry-pool"));
  await assert.rejects(
    pools.pathOf({ pool: "disks", file: "disk.raw" }),
    isError("system-refused"),
  );
});

test("a proof is seen where the bytes are the same, answered, and removed", async () => {
  await using here = await directory();
  await using elsewhere = await directory();
  const nonce = "0123456789abcdef";
  await writeProof(here.path, nonce, "from a");
  assert.equal(await readProof(here.path, nonce), "from a");
  assert.equal(await readProof(elsewhere.path, nonce), undefined);
  await answerProof(here.path, nonce, "from b");
  assert.equal(await readProof(here.path, nonce), "from b");
  await assert.rejects(answerProof(elsewhere.path, nonce, "from b"), FerryError);
  assert.deepEqual(await readdir(elsewhere.path), [], "an answer that comes late leaves nothing");
  await removeProof(here.path, nonce);
  await removeProof(here.path, nonce);
  assert.equal(await readProof(here.path, nonce), undefined);
  for (const bad of ["../../etc/passwd", "", "short", "a/b".repeat(8)]) {
    await assert.rejects(writeProof(here.path, bad, "x"), FerryError, bad);
  }
});
