import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FerryError } from "../base/errors.ts";
import { LineSplitter } from "./qmp-lines.ts";

test("lines come out whole however the bytes are cut", () => {
  const line = fc
    .string({ unit: "grapheme", maxLength: 20 })
    .map((text) => text.replaceAll(/[\s]/g, "x"));
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat(7)), (lines, cuts) => {
      const bytes = Buffer.from(lines.map((text) => `${text}\r\n`).join(""));
      const splitter = new LineSplitter();
      const seen: string[] = [];
      let offset = 0;
      for (const cut of [...cuts, bytes.length]) {
        seen.push(...splitter.push(bytes.subarray(offset, offset + cut)));
        offset = Math.min(bytes.length, offset + cut);
      }
      assert.deepEqual(seen, lines);
    }),
  );
});

test("a line longer than the limit is refused before it is joined", () => {
  const splitter = new LineSplitter(8);
  assert.deepEqual(splitter.push(Buffer.from("12345678\n1234")), ["12345678"]);
  assert.throws(() => splitter.push(Buffer.from("56789")), FerryError);
});
