import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Vm } from "../../../src/api/schema/vm.ts";
import type { MigrationRecord } from "../../../src/migration/record.ts";
import { ownedVms, withMigration, withoutVm, withVm } from "./merge-records.ts";

/** What the lists look at; the rest of a VM makes no difference to them. */
const vm = fc.record({
  id: fc.constantFrom("v1", "v2", "v3"),
  name: fc.constantFrom("web1", "web2", "web10"),
  host: fc.constantFrom("host-a", "host-b"),
  ownership: fc.constantFrom("owner", "incoming", "handed-over"),
  generation: fc.integer({ min: 1, max: 4 }),
}) as unknown as fc.Arbitrary<Vm>;
const vms = fc.array(vm, { maxLength: 12 });

const record = fc.record({
  id: fc.constantFrom("m1", "m2", "m3"),
  role: fc.constantFrom("source", "target"),
  requestedAt: fc.integer({ min: 0, max: 5 }),
}) as unknown as fc.Arbitrary<MigrationRecord>;

test("a list has one row of a VM and host, the one told last", () => {
  fc.assert(
    fc.property(vms, (told) => {
      const list = told.reduce<Vm[]>(withVm, []);
      const keys = list.map(({ id, host }) => `${id} ${host}`);
      assert.equal(new Set(keys).size, keys.length);
      for (const row of list) {
        const last = told.findLast(({ id, host }) => id === row.id && host === row.host);
        assert.equal(row, last);
      }
    }),
  );
});

test("a VM that is gone from one host stays on the other", () => {
  fc.assert(
    fc.property(vms, (told) => {
      const left = withoutVm(told.reduce<Vm[]>(withVm, []), "v1", "host-a");
      assert.ok(left.every(({ id, host }) => id !== "v1" || host !== "host-a"));
      const others = told.filter(({ id, host }) => id !== "v1" || host !== "host-a");
      assert.equal(left.length, others.reduce<Vm[]>(withVm, []).length);
    }),
  );
});

test("each VM is shown once: its newest owner's row, and another only when it has no owner", () => {
  fc.assert(
    fc.property(vms, (told) => {
      const shown = ownedVms(told);
      assert.deepEqual(new Set(shown.map(({ id }) => id)), new Set(told.map(({ id }) => id)));
      for (const row of shown) {
        const owners = told.filter(({ id, ownership }) => id === row.id && ownership === "owner");
        if (owners.length === 0) continue;
        assert.equal(row.ownership, "owner");
        assert.equal(row.generation, Math.max(...owners.map(({ generation }) => generation)));
      }
    }),
  );
});

test("names are ordered as people count: web2 before web10", () => {
  const rows = ["web10", "web2"].map((name) => ({ id: name, name, ownership: "owner" }));
  const names = ownedVms(rows as unknown as Vm[]).map(({ name }) => name);
  assert.deepEqual(names, ["web2", "web10"]);
});

test("the source's record of a move is never replaced by the target's", () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 12 }), (told) => {
      const list = told.reduce<MigrationRecord[]>(withMigration, []);
      assert.equal(new Set(list.map(({ id }) => id)).size, list.length);
      for (const row of list) {
        const hasSource = told.some(({ id, role }) => id === row.id && role === "source");
        assert.equal(row.role, hasSource ? "source" : "target");
      }
    }),
  );
});
