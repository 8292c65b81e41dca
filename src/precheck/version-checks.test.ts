import assert from "node:assert/strict";
import { test } from "node:test";
import type { CheckInput } from "./check.ts";
import { versionChecks } from "./version-checks.ts";

const qemu = { version: "10.0.2", machineTypes: ["pc-q35-7.2", "pc-q35-10.0"] };
const facts = { ferryVersion: "0.1.0", protocolVersions: [3, 2], definitionVersion: 1, qemu };

function found(id: string, definition: object, target: object): string[] {
  const machine = { type: "pc-q35-10.0", firmware: "bios" };
  const input = {
    definition: { name: "web01", version: 1, machine, ...definition },
    source: { ...facts, host: "host-a" },
    target: { ...facts, host: "host-b", ...target },
  } as unknown as CheckInput;
  return (versionChecks.find((check) => check.id === id)?.look(input) ?? []).map(
    ({ severity = "blocking", message }) => `${severity}: ${message}`,
  );
}

test("a machine type that the target's QEMU lacks stops a move, with both versions", () => {
  assert.deepEqual(found("machine-type", {}, {}), []);
  const older = { qemu: { version: "7.2.22", machineTypes: ["pc-q35-7.2"] } };
  assert.deepEqual(found("machine-type", {}, older), [
    'blocking: QEMU 7.2.22 on "host-b" has no machine type "pc-q35-10.0" (QEMU 10.0.2 on "host-a" has)',
  ]);
});

test("a definition of a version from the future stops a move", () => {
  assert.deepEqual(found("definition-version", { version: 1 }, {}), []);
  assert.deepEqual(found("definition-version", { version: 2 }, {}), [
    'blocking: Ferry 0.1.0 on "host-b" knows documents up to version 1, the VM\'s is 2',
  ]);
});

test("an older agent is a warning while it speaks a common version, and stops a move when it does not", () => {
  assert.deepEqual(found("protocol-version", {}, {}), []);
  assert.deepEqual(found("protocol-version", {}, { protocolVersions: [2, 1] }), [
    'warning: "host-b" speaks protocol 2, 1, "host-a" 3, 2: this move is made by version 2',
  ]);
  assert.deepEqual(found("protocol-version", {}, { protocolVersions: [1] }), [
    'blocking: Ferry 0.1.0 on "host-b" speaks protocol 1, "host-a" speaks 3, 2',
  ]);
});
