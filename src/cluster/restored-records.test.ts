import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { completeDraft } from "../vm/complete-draft.ts";
import { clusterKeys } from "./keys.ts";
import { type OwnedVm, restoredRecords } from "./restored-records.ts";
import type { VmRecord } from "./records.ts";

const cluster = randomUUID();
const keys = clusterKeys(cluster);
const ids = [randomUUID(), randomUUID(), randomUUID()] as const;
const vm = randomUUID();
const definition = completeDraft(
  { name: "web01" },
  {
    ...{ id: vm, machineType: "pc-q35-7.2", mac: () => "52:54:00:00:00:01" },
    wwns: () => ({ wwnn: "2000000000000001", wwpn: "2000000000000002" }),
  },
);

function backup(owner: string, generation: number) {
  const record: VmRecord = {
    ...{ id: vm, definition, owner, incarnation: 1, generation, wanted: "running", since: 0 },
    policy: { priority: "normal", preferredHosts: [], possibleHosts: null, apart: [] },
  };
  const hosts = ids.map((id, index) => ({
    key: keys.host(id),
    value: JSON.stringify({
      ...{ id, name: `host-${index}`, joinedAt: 0, since: 0, incarnation: index + 1, place: null },
    }),
  }));
  return [
    ...hosts,
    { key: keys.vm(vm), value: JSON.stringify(record) },
    { key: keys.ownedVm(owner, vm), value: String(generation) },
  ];
}

test("a VM is the host's that has it by the newest generation, by record and by list; without any word the backup's", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...ids),
      fc.integer({ min: 1, max: 9 }),
      fc.uniqueArray(fc.tuple(fc.constantFrom(...ids), fc.integer({ min: 1, max: 9 })), {
        selector: ([, generation]) => generation,
      }),
      (owner, generation, told) => {
        const owned: OwnedVm[] = told.map(([host, its]) => ({ host, id: vm, generation: its }));
        const changes = restoredRecords(cluster, backup(owner, generation), owned, 15_000);
        const puts = new Map(
          changes.map((change) => ("put" in change ? [change.put, change.value] : ["", ""])),
        );
        assert.equal(puts.size, changes.length, "each key once");
        const [newest] = told.toSorted((a, b) => b[1] - a[1]);
        const [host, its] =
          newest !== undefined && newest[1] >= generation ? newest : [owner, generation];
        const record = JSON.parse(puts.get(keys.vm(vm)) ?? "") as VmRecord;
        assert.deepEqual([record.owner, record.generation], [host, its]);
        const lists = ids.filter((id) => puts.has(keys.ownedVm(id, vm)));
        assert.deepEqual(lists, [host]);
        for (const id of ids) assert.ok(puts.has(keys.beat(id)));
      },
    ),
  );
});
