import assert from "node:assert/strict";
import test from "node:test";
import { fingerprintsMax, pageBytes } from "./limits.ts";
import { fingerprintOf, PageFingerprints } from "./page-fingerprints.ts";

const print = (text: string) => fingerprintOf(Buffer.alloc(pageBytes, text), 0);

test("a fingerprint is the first 128 bits of SHA-256", () => {
  const found = Buffer.from(fingerprintOf(Buffer.alloc(2 * pageBytes), pageBytes).slice().buffer);
  assert.equal(found.toString("hex"), "ad7facb2586fc6e966c004d7d1d16b02");
});

test("the target holds what was sent last, and nothing else", () => {
  const prints = new PageFingerprints(100);
  assert.equal(prints.wasSent(5), false);
  prints.sent(5, print("a"));
  assert.equal(prints.holds(5, print("a")), true);
  assert.equal(prints.pageWith(print("a")), 5);
  prints.sent(5, print("b"));
  assert.equal(prints.holds(5, print("a")), false);
  assert.equal(prints.pageWith(print("a")), -1);
  prints.sent(5);
  assert.equal(prints.wasSent(5), true);
  assert.equal(prints.pageWith(print("b")), -1);
});

test("a guest of more pages than there are entries forgets, and is never told wrong", () => {
  const prints = new PageFingerprints(2 ** 32 - 1);
  const near = 7;
  const far = near + fingerprintsMax;
  prints.sent(near, print("a"));
  prints.sent(far, print("b"));
  assert.equal(prints.wasSent(near), false);
  assert.equal(prints.holds(near, print("b")), false);
  assert.equal(prints.pageWith(print("a")), -1);
  assert.equal(prints.pageWith(print("b")), far);
});
