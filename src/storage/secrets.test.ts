import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { FerryError } from "../base/errors.ts";
import { Secrets } from "./secrets.ts";

const isError = (code: string) => (error: unknown) =>
  error instanceof FerryError && error.code === code;

test("a secret is kept for its owner's eyes alone, listed without its password, and forgotten when nobody needs it", async () => {
  const state = await mkdtemp(join(tmpdir(), "ferry-secrets-"));
  try {
    const secrets = new Secrets(state);
    assert.deepEqual(await secrets.list(), []);
    await secrets.set("array", { user: "ferry", password: "twelve-or-more" });
    await secrets.set("array", { user: "ferry", password: "another-password" });
    assert.deepEqual(await secrets.list(), [{ name: "array", user: "ferry" }]);
    assert.equal((await secrets.get("array")).password, "another-password");
    const directory = join(state, "secrets");
    const [file = ""] = await readdir(directory);
    assert.equal((await stat(directory)).mode & 0o777, 0o700);
    assert.equal((await stat(join(directory, file))).mode & 0o777, 0o600);
    await assert.rejects(secrets.remove("array", ["db01"]), isError("in-use"));
    await secrets.remove("array", []);
    await assert.rejects(secrets.get("array"), isError("not-found"));
  } finally {
    await rm(state, { recursive: true });
  }
});

test("a name that is a path is no secret's", async () => {
  const secrets = new Secrets("/nowhere");
  for (const name of ["../shadow", "a/b", "", ".hidden"]) {
    await assert.rejects(secrets.get(name), isError("bad-input"), name);
  }
});
