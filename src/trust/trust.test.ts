import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { pino } from "pino";
import { openDatabase } from "../database/database.ts";
import { Trust } from "./trust.ts";

const place = { name: "host-a", address: "192.0.2.1", port: 6600 };

/** A host's trust in a directory of its own, with what it logs. */
function newTrust(t: TestContext): { trust: Trust; logged: string[] } {
  const directory = mkdtempSync(join(tmpdir(), "ferry-trust-"));
  const database = openDatabase(":memory:");
  t.after(() => {
    database.close();
    rmSync(directory, { recursive: true });
  });
  const logged: string[] = [];
  const log = pino({}, { write: (line: string) => void logged.push(line) });
  return { trust: new Trust({ directory, database, log, now: Date.now }), logged };
}

test("a refused peer is logged with its address and the reason, and counted", async (t) => {
  const [own, other] = [newTrust(t), newTrust(t)];
  await own.trust.createDomain("lab", place);
  await other.trust.createDomain("other", place);
  const foreign = new X509Certificate(other.trust.member().certificate);
  assert.equal(own.trust.checkPeer(foreign, "192.0.2.9").trusted, false);
  assert.equal(own.trust.refusedPeers, 1);
  const line = JSON.parse(own.logged.at(-1) ?? "") as Record<string, unknown>;
  assert.deepEqual([line["where"], line["reason"]], ["192.0.2.9", "foreign-domain"]);
});

test("a host that belongs to no domain trusts nobody and says what to do", async (t) => {
  const [own, other] = [newTrust(t), newTrust(t)];
  await other.trust.createDomain("other", place);
  const foreign = new X509Certificate(other.trust.member().certificate);
  assert.equal(own.trust.checkPeer(foreign, "192.0.2.9").trusted, false);
  assert.throws(() => own.trust.tlsMaterial(), { code: "domain-missing", remedy: /join/ });
});

test("of two attempts at once to enter a domain one succeeds", async (t) => {
  const { trust } = newTrust(t);
  const attempts = [trust.createDomain("one", place), trust.createDomain("two", place)];
  const outcomes = (await Promise.allSettled(attempts)).map(({ status }) => status);
  assert.deepEqual(outcomes, ["fulfilled", "rejected"]);
  assert.equal(trust.member().domain.name, "one");
});

test("renewing takes a new key and certificate into use and tells who listens", async (t) => {
  const { trust } = newTrust(t);
  await trust.createDomain("lab", place);
  const before = trust.tlsMaterial();
  const changes: string[] = [];
  trust.onChange((change) => changes.push(change));
  await trust.renew(() => Promise.reject(new Error("the issuer asks nobody")));
  const after = trust.tlsMaterial();
  assert.notEqual(after.key, before.key);
  assert.notEqual(after.cert, before.cert);
  assert.deepEqual(changes, ["certificate"]);
  assert.ok(trust.checkPeer(new X509Certificate(trust.member().certificate), "self").trusted);
});

test("an older roster, or a changed one, does not replace a newer one", async (t) => {
  const { trust } = newTrust(t);
  await trust.createDomain("lab", place);
  const old = trust.signedRoster;
  assert.equal(trust.mergeRoster(old), false);
  const changed = { ...old, body: old.body.replace('"version":1', '"version":9') };
  assert.throws(() => trust.mergeRoster(changed), { code: "peer-refused" });
  assert.equal(trust.roster.version, 1);
});
