import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ReturnPath } from "./return-path.ts";

const pong = "0002000400000001";
const requestPages = "0003000b0000000000001000000010000170";
const shut = (value: string) => `00010004${value}`;
const bitmapLength = "0000000000000008";
const bitmap = `00050002${"0170"}${bitmapLength}${"ff".repeat(8)}0123456789abcdef`;

/** Feeds the bytes in chunks of the given sizes, then of one byte. */
function feed(path: ReturnPath, hex: string, sizes: readonly number[] = []) {
  const bytes = Buffer.from(hex, "hex");
  const forward: Buffer[] = [];
  const reports: boolean[] = [];
  const left = [...sizes];
  for (let at = 0; at < bytes.length; ) {
    const size = left.shift() ?? 1;
    const passage = path.push(bytes.subarray(at, at + size));
    forward.push(...passage.forward);
    if (passage.loaded !== undefined) reports.push(passage.loaded);
    at += size;
  }
  return { forward: Buffer.concat(forward).toString("hex"), reports };
}

test("everything before SHUT goes through, SHUT waits, whatever the chunks", () => {
  const before = pong + requestPages.slice(0, 30) + bitmap + pong;
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 })), (sizes) => {
      const path = new ReturnPath();
      const { forward, reports } = feed(path, before + shut("00000000"), sizes);
      assert.equal(forward, before);
      assert.deepEqual(reports, [true]);
      assert.ok(path.isShut);
      const released = Buffer.concat(path.release()).toString("hex");
      assert.equal(released, shut("00000000"));
      assert.deepEqual(path.release(), []);
    }),
  );
});

test("released before it came, SHUT goes through as it comes", () => {
  const path = new ReturnPath();
  assert.equal(feed(path, `${pong}0001`).forward, pong);
  assert.deepEqual(path.release(), []);
  const { forward, reports } = feed(path, "000400000000");
  assert.equal(forward, shut("00000000"));
  assert.deepEqual(reports, [true]);
});

test("a target that could not load is reported as such, once, and held back too", () => {
  const path = new ReturnPath();
  const { forward, reports } = feed(path, shut("00000001") + pong, [5, 20]);
  assert.deepEqual({ forward, reports }, { forward: "", reports: [false] });
});

test("data that looks like SHUT is not", () => {
  const path = new ReturnPath();
  const disguised = `00030008${shut("00000000")}`;
  assert.equal(feed(path, disguised).forward, disguised);
  assert.ok(!path.isShut);
});

test("bytes after an unknown message's data are read as the next message", () => {
  const path = new ReturnPath();
  assert.equal(feed(path, `00070000${pong}`, [3, 9]).forward, `00070000${pong}`);
});

test("the word that QEMU may switch over goes between messages, never into one", () => {
  const said = "00070000";
  fc.assert(
    fc.property(fc.nat((pong + bitmap + pong).length / 2), (at) => {
      const path = new ReturnPath();
      const all = pong + bitmap + pong;
      const before = feed(path, all.slice(0, 2 * at)).forward;
      const now = Buffer.concat(path.allowSwitchover()).toString("hex");
      const behind = feed(path, all.slice(2 * at)).forward;
      const boundaries = [0, pong.length, (pong + bitmap).length, all.length];
      const where = boundaries.find((boundary) => boundary >= 2 * at) ?? 0;
      assert.equal(before + now + behind, all.slice(0, where) + said + all.slice(where));
    }),
  );
});

test("behind SHUT nothing is to be allowed any more", () => {
  const path = new ReturnPath();
  feed(path, shut("00000000"));
  assert.deepEqual(path.allowSwitchover(), []);
  assert.equal(Buffer.concat(path.release()).toString("hex"), shut("00000000"));
});
