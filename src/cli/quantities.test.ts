import assert from "node:assert/strict";
import test from "node:test";
import {
  parseBandwidth,
  parseCount,
  parseDuration,
  parseMebibytes,
  parseSize,
} from "./quantities.ts";

const gib = 1024 ** 3;

test("parseSize counts in powers of 1024, with or without B and iB", () => {
  assert.deepEqual(["512M", "4G", "20GiB", "4gb", "1.5T", "64k"].map(parseSize), [
    gib / 2,
    4 * gib,
    20 * gib,
    4 * gib,
    1536 * gib,
    65_536,
  ]);
});

test("parseSize refuses a bare number and nonsense, and names the forms", () => {
  for (const text of ["", "2048", "G", "-4G", "4X", "4 GiBs", "1e3G", "0x10M", "4.G"]) {
    assert.throws(() => parseSize(text), { code: "bad-input", remedy: /512M, 4G or 20GiB/ });
  }
});

test("parseMebibytes refuses what is no whole MiB", () => {
  assert.equal(parseMebibytes("2G"), 2048);
  assert.throws(() => parseMebibytes("100K"), { code: "bad-input" });
});

test("parseBandwidth tells bytes from bits", () => {
  assert.deepEqual(["100M", "1GiB/s", "800Mbit", "1Gbit/s"].map(parseBandwidth), [
    100 * 1024 ** 2,
    gib,
    100_000_000,
    125_000_000,
  ]);
  assert.throws(() => parseBandwidth("fast"), { code: "bad-input", remedy: /Gbit/ });
});

test("parseDuration needs a unit", () => {
  assert.deepEqual(
    ["50ms", "1.5s", "10m", "10 min", "2h", "30d"].map(parseDuration),
    [50, 1500, 600_000, 600_000, 7_200_000, 2_592_000_000],
  );
  for (const text of ["50", "soon", "-1s"]) {
    assert.throws(() => parseDuration(text), { code: "bad-input" });
  }
});

test("parseCount takes whole numbers within bounds only", () => {
  assert.equal(parseCount("8", "cpus", 1, 512), 8);
  for (const text of ["0", "513", "1.5", "two", ""]) {
    assert.throws(() => parseCount(text, "cpus", 1, 512), {
      code: "bad-input",
      remedy: /1 to 512/,
    });
  }
});
