import assert from "node:assert/strict";
import type { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { openDatabase, transaction } from "../database/database.ts";
import { completeDraft } from "./complete-draft.ts";
import { becomeOwner, markHandedOver, Registry } from "./registry.ts";
import type { Ownership } from "./vm-host.ts";

const id = "11111111-2222-3333-4444-555555555555";

function registryWith(
  ownership: Ownership,
  generation: number,
): { database: DatabaseSync; registry: Registry } {
  const database = openDatabase(":memory:");
  const registry = new Registry(database);
  const definition = completeDraft(
    { name: "web01" },
    { id, machineType: "pc-q35-7.2", mac: () => "", wwns: () => ({ wwnn: "", wwpn: "" }) },
  );
  registry.insert({
    definition,
    ownership,
    generation,
    migration: null,
    process: null,
    createdAt: 1,
  });
  return { database, registry };
}

test("a handover raises the generation by one on both sides, and may be said again", () => {
  const source = registryWith("owner", 3);
  markHandedOver(source.database, id, 4);
  markHandedOver(source.database, id, 4);
  assert.deepEqual(brief(source.registry), ["handed-over", 4]);
  const target = registryWith("incoming", 3);
  becomeOwner(target.database, id, 4);
  becomeOwner(target.database, id, 4);
  assert.deepEqual(brief(target.registry), ["owner", 4]);
});

test("no other change of hands is possible", () => {
  const cases: readonly [Ownership, number, typeof becomeOwner, number][] = [
    ["owner", 3, becomeOwner, 4],
    ["handed-over", 4, becomeOwner, 5],
    ["incoming", 3, markHandedOver, 4],
    ["owner", 3, markHandedOver, 3],
    ["owner", 3, markHandedOver, 5],
    ["incoming", 3, becomeOwner, 3],
    ["incoming", 3, becomeOwner, 5],
  ];
  for (const [ownership, generation, change, next] of cases) {
    const { database, registry } = registryWith(ownership, generation);
    assert.throws(() => change(database, id, next), /Invariant/);
    assert.deepEqual(brief(registry), [ownership, generation]);
  }
});

test("a change of hands is undone with the transaction that it is part of", () => {
  const { database, registry } = registryWith("owner", 1);
  assert.throws(() =>
    transaction(database, () => {
      markHandedOver(database, id, 2);
      throw new Error("the journal's disk is full");
    }),
  );
  assert.deepEqual(brief(registry), ["owner", 1]);
});

test("what was stored is read back whole", () => {
  const { registry } = registryWith("owner", 1);
  const identity = { pid: 42, startTicks: "123456789012345678", bootId: "b" };
  registry.setProcess(id, identity);
  registry.setMigration(id, "m1");
  const row = registry.read(id);
  assert.deepEqual([row?.process, row?.migration, row?.createdAt], [identity, "m1", 1]);
  registry.setProcess(id, null);
  assert.equal(registry.read(id)?.process, null);
  registry.delete(id);
  assert.equal(registry.read(id), undefined);
});

function brief(registry: Registry): [Ownership | undefined, number | undefined] {
  const row = registry.read(id);
  return [row?.ownership, row?.generation];
}
