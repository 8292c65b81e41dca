import assert from "node:assert/strict";
import { test } from "node:test";
import { FerryError } from "../base/errors.ts";
import { parseQmpMessage } from "./qmp-message.ts";

test("greeting, answer, error and event are told apart", () => {
  const version = { qemu: { major: 7, minor: 2, micro: 22 }, package: "Debian" };
  const said = [
    { QMP: { version, capabilities: ["oob"] } },
    { return: {}, id: 3 },
    { error: { class: "GenericError", desc: "no" }, id: 4 },
    { event: "STOP", timestamp: { seconds: 2, microseconds: 500 } },
  ];
  assert.deepEqual(
    said.map((message) => parseQmpMessage(JSON.stringify(message))),
    [
      { kind: "greeting", version: "7.2.22" },
      { kind: "return", id: 3, value: {} },
      { kind: "error", id: 4, errorClass: "GenericError", description: "no" },
      { kind: "event", event: { event: "STOP", data: {}, timestampMs: 2000.5 } },
    ],
  );
});

test("a clock that QEMU could not read counts as 0", () => {
  const line = '{"event":"STOP","timestamp":{"seconds":-1,"microseconds":-1}}';
  const message = parseQmpMessage(line);
  assert.equal(message.kind === "event" ? message.event.timestampMs : undefined, 0);
});

test("anything else is not QMP", () => {
  for (const line of ["", "hello", "[]", "null", "{}", '{"return":{}}', '{"QMP"', "1"]) {
    assert.throws(() => parseQmpMessage(line), FerryError, line);
  }
});
