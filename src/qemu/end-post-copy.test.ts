import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AnsweringTarget, parseBlockSizes } from "./end-post-copy.ts";

/** As QEMU 10.0 says it; 7.2 leaves the last two columns out. */
const blocks = `              Block Name    PSize              Offset               Used              Total                HVA  RO
                  pc.ram    4 KiB  0x0000000000000000 0x0000000018000000 0x0000000018000000 0x00007f3863fff000  rw
   /rom@etc/table-loader    4 KiB  0x00000000192c0000 0x0000000000001000 0x0000000000010000 0x00007f3860200000  ro
`;

const command = (kind: number, data: Buffer): Buffer =>
  Buffer.concat([Buffer.from([0x08, 0, kind, 0, data.length]), data]);
const named = (name: string): Buffer =>
  Buffer.concat([Buffer.from([name.length]), Buffer.from(name)]);

test("parseBlockSizes() reads the used size of each block", () => {
  assert.deepEqual(
    [...parseBlockSizes(blocks)],
    [
      ["pc.ram", 0x18000000],
      ["/rom@etc/table-loader", 4096],
    ],
  );
});

test("AnsweringTarget says of every block that all has arrived, then that it is loaded, however the stream is cut", () => {
  const stream = Buffer.concat([
    command(2, Buffer.from([0, 0, 0, 9])),
    command(10, named("a")),
    command(9, Buffer.alloc(0)),
    Buffer.from([2, 0, 0, 0, 1]), // the end of the stream: not to be read
  ]);
  const wanted = Buffer.concat([
    Buffer.from([0, 2, 0, 4, 0, 0, 0, 9]),
    Buffer.from([0, 5, 0, 2, 1, 0x61]),
    Buffer.from("0000000000000008", "hex"),
    Buffer.alloc(8, 0xff), // 65 pages would take 16 bytes
    Buffer.from("0123456789abcdef", "hex"),
    Buffer.from([0, 6, 0, 4, 0, 0, 0, 1]),
    Buffer.from([0, 1, 0, 4, 0, 0, 0, 0]),
  ]);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: stream.length })), (cuts) => {
      const said: Buffer[] = [];
      const target = new AnsweringTarget(new Map([["a", 64 * 4096]]), (bytes) => said.push(bytes));
      const ends = [...cuts.toSorted((a, b) => a - b), stream.length];
      let from = 0;
      for (const end of ends) {
        target.push(stream.subarray(from, end));
        from = end;
      }
      assert.deepEqual(Buffer.concat(said), wanted);
    }),
  );
});

test("AnsweringTarget refuses what is no command", () => {
  const target = new AnsweringTarget(new Map(), () => {});
  assert.throws(() => target.push(Buffer.from([1, 0, 0, 0, 0])), { code: "qemu-failed" });
});
