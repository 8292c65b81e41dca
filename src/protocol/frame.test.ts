import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  decodeHeader,
  encodeHeader,
  type FrameHeader,
  frameHeaderBytes,
  frameTypes,
} from "./frame.ts";

const header = (fields: Partial<FrameHeader>): FrameHeader => ({
  type: frameTypes.data,
  flags: 0,
  stream: 0,
  length: 0,
  sequence: 0,
  ...fields,
});

/** What other implementations, and the next version of this one, must read and write. */
const golden: readonly (readonly [FrameHeader, string])[] = [
  [header({ type: frameTypes.hello, length: 180 }), "01000000000000b40000000000000000"],
  [header({ type: frameTypes.welcome }), "02000000000000000000000000000000"],
  [header({ type: frameTypes.received, sequence: 1_000_000 }), "030000000000000000000000000f4240"],
  [
    header({ type: frameTypes.acknowledged, stream: 3, sequence: 2 ** 40 }),
    "04000003000000000000010000000000",
  ],
  [
    header({ type: frameTypes.control, length: 18, sequence: 7 }),
    "08000000000000120000000000000007",
  ],
  [header({ type: frameTypes.open, stream: 1, length: 6 }), "09000001000000060000000000000000"],
  [header({ stream: 1, length: 262_144, sequence: 9 }), "0a000001000400000000000000000009"],
  [
    header({ type: frameTypes.end, flags: 1, stream: 2, sequence: 5 }),
    "0b010002000000000000000000000005",
  ],
];

test("every header has the bytes it always had", () => {
  for (const [fields, bytes] of golden) {
    assert.equal(encodeHeader(fields).toString("hex"), bytes);
    assert.deepEqual(decodeHeader(Buffer.from(bytes, "hex")), fields);
  }
});

for (const [title, bytes] of [
  ["type 0", "00000000000000000000000000000000"],
  ["an unknown type", "0c000000000000000000000000000000"],
  ["an unknown flag", "0a800001000000000000000000000000"],
  ["a flag of another type", "0a010001000000000000000000000000"],
  ["one byte more than a data frame may hold", "0a000001000400010000000000000000"],
  ["the longest length there is", "0800000ffffffff00000000000000000"],
  ["a payload where there is none", "05000000000000010000000000000000"],
  ["a stream in a frame about the lane", "05000001000000000000000000000000"],
  ["a sequence number beyond 48 bits", "0a000001000000000001000000000000"],
] as const) {
  test(`a header with ${title} is refused`, () => {
    assert.throws(() => decodeHeader(Buffer.from(bytes, "hex")), { code: "peer-protocol" });
  });
}

test("any sixteen bytes are a header that is written the same way, or refused", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: frameHeaderBytes, maxLength: frameHeaderBytes }),
      (raw) => {
        const bytes = Buffer.from(raw);
        let decoded: FrameHeader;
        try {
          decoded = decodeHeader(bytes);
        } catch (error) {
          assert.equal((error as { code?: string }).code, "peer-protocol");
          return;
        }
        assert.deepEqual(encodeHeader(decoded), bytes);
      },
    ),
  );
});
