import assert from "node:assert/strict";
import { test } from "node:test";
import { openDatabase } from "../database/database.ts";
import { Tokens } from "./tokens.ts";

const hour = 3_600_000;

test("a token proves its name and role until it is deleted", () => {
  using database = openDatabase(":memory:");
  const tokens = new Tokens(database, () => 0);
  const { secret, token } = tokens.create({ name: "ci", role: "operator" });
  assert.deepEqual(tokens.verify(secret), token);
  assert.equal(tokens.delete("ci").id, token.id);
  assert.equal(tokens.verify(secret), undefined);
});

test("verify refuses every changed, cut or foreign text", () => {
  using database = openDatabase(":memory:");
  const tokens = new Tokens(database, () => 0);
  const { secret } = tokens.create({ name: "ci", role: "viewer" });
  for (let length = 0; length < secret.length; length++) {
    assert.equal(tokens.verify(secret.slice(0, length)), undefined);
  }
  const other = tokens.create({ name: "other", role: "viewer" }).secret;
  const mixed = `${secret.slice(0, secret.lastIndexOf("."))}${other.slice(other.lastIndexOf("."))}`;
  assert.equal(tokens.verify(mixed), undefined);
});

test("a token ends when its time is over", () => {
  using database = openDatabase(":memory:");
  let now = 1000;
  const tokens = new Tokens(database, () => now);
  const { secret, token } = tokens.create({ name: "ci", role: "viewer", validMs: hour });
  assert.equal(token.expiresAt, 1000 + hour);
  now += hour - 1;
  assert.ok(tokens.verify(secret));
  now += 1;
  assert.equal(tokens.verify(secret), undefined);
});

test("names are unique, unknown ones are not found, and no secret is stored", () => {
  using database = openDatabase(":memory:");
  const tokens = new Tokens(database, () => 0);
  const { secret } = tokens.create({ name: "ci", role: "viewer" });
  assert.throws(() => tokens.create({ name: "ci", role: "viewer" }), { code: "already-exists" });
  assert.throws(() => tokens.delete("cd"), { code: "not-found" });
  const stored = JSON.stringify(database.prepare("SELECT * FROM tokens").all());
  assert.equal(stored.includes(secret.slice(secret.lastIndexOf(".") + 1)), false);
});
