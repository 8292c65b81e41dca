import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { openDatabase } from "../database/database.ts";
import { decodeJoinToken, encodeJoinToken, randomSecret } from "./join-token.ts";
import { JoinTokenStore } from "./join-token-store.ts";
import { joinTokensMax } from "./limits.ts";

const content = {
  id: randomUUID(),
  address: "host-a.example",
  port: 6600,
  authority: "0f".repeat(32),
  secret: randomSecret(),
};

test("a join token carries its content on one line that a shell takes as it is", () => {
  const text = encodeJoinToken(content);
  assert.match(text, /^[A-Za-z0-9._-]+$/);
  assert.deepEqual(decodeJoinToken(`  ${text}\n`), content);
});

test("decodeJoinToken refuses every cut, another prefix, and content of another form", () => {
  const text = encodeJoinToken(content);
  for (let length = 0; length < text.length - 1; length++) {
    assert.throws(() => decodeJoinToken(text.slice(0, length)), { code: "bad-input" });
  }
  assert.throws(() => decodeJoinToken(`x${text}`), { code: "bad-input" });
  const odd = encodeJoinToken({ ...content, address: "../etc" });
  assert.throws(() => decodeJoinToken(odd), { code: "bad-input" });
});

test("a join token is good once, for a time, and only with its secret", () => {
  using database = openDatabase(":memory:");
  const store = new JoinTokenStore(database);
  const { id, secret, expiresAt } = store.create(1000, 500);
  assert.equal(expiresAt, 1500);
  store.check(id, secret, 1499);
  const refused = { code: "unauthenticated" };
  assert.throws(() => store.check(id, randomSecret(), 1499), refused);
  assert.throws(() => store.check(randomUUID(), secret, 1499), refused);
  assert.throws(() => store.check(id, secret, 1500), refused);
  assert.equal(store.spend(id, "host-b"), true);
  assert.equal(store.spend(id, "host-c"), false);
  assert.throws(() => store.check(id, secret, 1499), refused);
});

test("the database holds no secret of a join token", () => {
  using database = openDatabase(":memory:");
  const { secret } = new JoinTokenStore(database).create(1000, 500);
  const rows = JSON.stringify(database.prepare("SELECT * FROM join_tokens").all());
  assert.equal(rows.includes(secret), false);
});

test("outstanding join tokens are bounded, and those that ran out make room", () => {
  using database = openDatabase(":memory:");
  const store = new JoinTokenStore(database);
  for (let count = 0; count < joinTokensMax; count++) store.create(1000, 500);
  assert.throws(() => store.create(1000, 500), { code: "no-space" });
  store.create(1500, 500);
});
