/**
 * Everything that reads what others wrote, given garbage and given what is nearly right: it says what it read, or refuses with an
 * error of the table, and never fails in another way.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { EventStreamParser } from "../../src/api/event-stream-parser.ts";
import { FerryError } from "../../src/base/errors.ts";
import { FrameDecoder } from "../../src/protocol/frame-decoder.ts";
import { readMessage } from "../../src/protocol/read-message.ts";
import { parseQmpMessage } from "../../src/qemu/qmp-message.ts";
import { defaultSettings, parseSettings } from "../../src/scheduler/settings.ts";
import { decodeHello, encodeHello } from "../../src/session/hello.ts";
import { createAuthority } from "../../src/trust/authority.ts";
import { decodeJoinToken, encodeJoinToken } from "../../src/trust/join-token.ts";
import { openRoster } from "../../src/trust/roster.ts";
import { completeDraft, macAddress, worldWideNames } from "../../src/vm/complete-draft.ts";
import {
  formatDefinition,
  parseDefinition,
  parseDefinitionText,
} from "../../src/vm/parse-definition.ts";

const numRuns = 150;
const id = "11111111-2222-3333-4444-555555555555";
const bytes = (count: number): Uint8Array => new Uint8Array(count);
const definition = completeDraft(
  { name: "web01", disks: [{ pool: "p" }], nics: [{ switch: "lan" }] },
  {
    ...{ id, machineType: "pc-q35-7.2" },
    mac: () => macAddress(bytes(4)),
    wwns: () => worldWideNames(bytes(6)),
  },
);
const authority = await createAuthority({ id, name: "lab" }, 0);
const hello = { session: "s", ticket: "t", lane: 0, version: 3 };
const prepare = {
  ...{ type: "prepare", definition, generation: 1, run: true, disks: [], files: [] },
};

/** A document with one value, somewhere in it, put in place of another, or one more. */
function nearly(document: object): fc.Arbitrary<unknown> {
  return fc
    .tuple(fc.array(fc.nat(), { minLength: 1, maxLength: 6 }), fc.jsonValue(), fc.string())
    .map(([way, value, name]) => {
      const copy = structuredClone(document) as Record<string, unknown>;
      let at = copy;
      for (const [depth, choice] of way.entries()) {
        const keys = [...Object.keys(at), name];
        const key = keys[choice % keys.length] ?? name;
        const next = at[key];
        if (depth === way.length - 1 || typeof next !== "object" || next === null) {
          at[key] = value;
          break;
        }
        at = next as Record<string, unknown>;
      }
      return copy;
    });
}

const documents = (right: object): fc.Arbitrary<unknown> =>
  fc.oneof(fc.jsonValue(), fc.object(), nearly(right));
const texts = (right: string): fc.Arbitrary<string> =>
  fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .tuple(fc.nat({ max: right.length }), fc.string())
      .map(([at, more]) => right.slice(0, at) + more),
    fc
      .tuple(fc.nat({ max: right.length - 1 }), fc.string({ minLength: 1, maxLength: 3 }))
      .map(([at, other]) => right.slice(0, at) + other + right.slice(at + 1)),
  );

/** Whatever is given, `read` says what it read, or refuses; where it can, it shows that it read it right. */
function reader<Given>(given: fc.Arbitrary<Given>, read: (given: Given) => unknown): () => void {
  const property = fc.property(given, (document) => {
    try {
      read(document);
    } catch (error) {
      if (!(error instanceof FerryError) || error.code === "internal") throw error;
    }
  });
  return () => fc.assert(property, { numRuns });
}

const readers: Readonly<Record<string, () => void>> = {
  "a VM's definition": reader(documents(definition), (document) => {
    const read = parseDefinition(document);
    assert.deepEqual(parseDefinition(structuredClone(read)), read);
  }),
  "a VM's definition as text": reader(texts(formatDefinition(definition)), parseDefinitionText),
  "a control message": reader(
    fc.oneof(
      texts(JSON.stringify(prepare)),
      documents(prepare).map((each) => JSON.stringify(each)),
    ),
    (text) => readMessage(text ?? ""),
  ),
  "a lane's hello": reader(
    fc.oneof(
      fc.uint8Array().map((each) => Buffer.from(each)),
      documents(hello).map((each) => Buffer.from(JSON.stringify(each) ?? "")),
    ),
    (payload) => {
      const read = decodeHello(payload);
      assert.deepEqual(decodeHello(encodeHello(read)), read);
      assert.deepEqual(Object.keys(read).toSorted(), Object.keys(hello).toSorted());
      assert.ok(read.lane >= 0 && read.version >= 1);
    },
  ),
  "a lane's frames": reader(fc.array(fc.uint8Array({ maxLength: 64 })), (chunks) => {
    const decoder = new FrameDecoder();
    return chunks.flatMap((chunk) => [...decoder.push(Buffer.from(chunk))]);
  }),
  "an agent's events": reader(
    fc.array(
      fc.oneof(
        fc.uint8Array(),
        fc.string().map((each) => Buffer.from(`data: ${each}\n\n`)),
      ),
    ),
    (chunks) => {
      const parser = new EventStreamParser();
      return chunks.flatMap((chunk) => parser.feed(chunk));
    },
  ),
  "a join token": reader(
    texts(
      encodeJoinToken({
        ...{ id, secret: "s".repeat(43), address: "host-a", port: 6600 },
        authority: "ab".repeat(32),
      }),
    ),
    decodeJoinToken,
  ),
  "a roster": reader(
    fc.record({ body: texts('{"domain":1}'), signature: fc.base64String() }),
    (signed) => openRoster(signed, authority.certificate, id),
  ),
  "a host's settings": reader(documents(defaultSettings), parseSettings),
  "a line of QEMU's monitor": reader(
    texts('{"event":"STOP","data":{},"timestamp":{"seconds":1,"microseconds":2}}'),
    parseQmpMessage,
  ),
};

describe("what others wrote is read or refused", () => {
  for (const [what, holds] of Object.entries(readers)) test(what, holds);
});
