import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { EventStreamParser, eventBytesMax, type ServerSentEvent } from "./event-stream-parser.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test("reads id, type and data, joins data lines, ignores comments and unknown fields", () => {
  const parser = new EventStreamParser();
  const events = parser.feed(
    bytes(
      ": hello\nid: 7\nevent: vm.started\ndata: {\ndata: }\nfoo: bar\nretry: 250\n\ndata:x\n\n",
    ),
  );
  assert.deepEqual(events, [
    { id: "7", type: "vm.started", data: "{\n}" },
    { id: "7", type: "message", data: "x" },
  ]);
  assert.equal(parser.retryMs, 250);
});

test("an event without data is no event, yet its id counts", () => {
  const parser = new EventStreamParser("3");
  assert.deepEqual(parser.feed(bytes("id: 9\n\n")), []);
  assert.deepEqual(parser.feed(bytes("data: a\n\n")), [{ id: "9", type: "message", data: "a" }]);
});

test("the pieces a stream arrives in make no difference, for any line ending", () => {
  const event = fc.record(
    {
      id: fc.stringMatching(/^[0-9]{1,6}$/),
      type: fc.stringMatching(/^[a-z.]{1,12}$/),
      data: fc.string({ unit: "grapheme" }).filter((text) => !/[\r\n]/.test(text)),
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(
      fc.array(event, { maxLength: 5 }),
      fc.constantFrom("\n", "\r\n", "\r"),
      fc.integer({ min: 1, max: 7 }),
      (expected, end, step) => {
        const text = expected
          .map((e) => `id: ${e.id}${end}event: ${e.type}${end}data: ${e.data}${end}${end}`)
          .join("");
        // What follows the last event, so that a final carriage return is known not to be half of CRLF.
        const stream = bytes(`${text}: end${end}`);
        const parser = new EventStreamParser();
        const events: ServerSentEvent[] = [];
        for (let at = 0; at < stream.length; at += step) {
          events.push(...parser.feed(stream.subarray(at, at + step)));
        }
        assert.deepEqual(events, expected);
      },
    ),
  );
});

test("an endless event is refused before it fills the memory", () => {
  const parser = new EventStreamParser();
  const piece = bytes(`data: ${"x".repeat(1024 * 1024)}\n`);
  assert.throws(
    () => {
      for (let sent = 0; sent <= eventBytesMax; sent += 1024 * 1024) parser.feed(piece);
    },
    { code: "peer-protocol" },
  );
});
