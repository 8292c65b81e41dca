import assert from "node:assert/strict";
import test from "node:test";
import { aVm } from "../../test/cli/sample-vm.ts";
import { changeDefinition } from "./definition-changes.ts";
import { draftFromDefinition } from "./definition-draft.ts";

const { definition } = aVm();

test("changeDefinition changes what is named and nothing else", () => {
  const before = structuredClone(definition);
  const after = changeDefinition(definition, { memory: "2G", cpus: "4", tags: "a, b" });
  assert.deepEqual(after, {
    ...before,
    memory: { mib: 2048 },
    cpu: { ...before.cpu, sockets: 1, cores: 4, threads: 1 },
    tags: ["a", "b"],
  });
  assert.deepEqual(definition, before);
});

test("changeDefinition puts a medium into the CD drive and takes it out", () => {
  const withDrive = { ...definition, cdroms: [{ name: "cd0", medium: null }] };
  const filled = changeDefinition(withDrive, { iso: "isos/a.iso" });
  assert.deepEqual(filled.cdroms, [{ name: "cd0", medium: { pool: "isos", file: "a.iso" } }]);
  assert.deepEqual(changeDefinition(filled, { iso: "empty" }).cdroms, withDrive.cdroms);
  assert.throws(() => changeDefinition(definition, { iso: "isos/a.iso" }), { code: "bad-input" });
});

test("changeDefinition refuses to change nothing", () => {
  assert.throws(() => changeDefinition(definition, {}), { code: "bad-input", remedy: /--help/ });
});

test("draftFromDefinition says all that a definition says, its identity aside", () => {
  const draft = draftFromDefinition(definition);
  assert.deepEqual(draft.disks, definition.disks);
  assert.deepEqual(draft.nics, definition.nics);
  assert.equal(draft.machineType, definition.machine.type);
  assert.ok(!("id" in draft));
});

test("draftFromDefinition refuses a document of another version", () => {
  assert.throws(() => draftFromDefinition({ ...definition, version: 2 } as never), {
    code: "unsupported",
  });
});
