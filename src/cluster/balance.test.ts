import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type BalanceHost, type BalanceVm, proposeBalance } from "./balance.ts";

const gib = 1024 ** 3;
const names = ["a", "b", "c"];

const scenes = fc
  .array(fc.record({ host: fc.constantFrom(...names), gib: fc.integer({ min: 1, max: 8 }) }), {
    maxLength: 20,
  })
  .map((list) => {
    const vms = list.map(
      ({ host, gib: size }, index): BalanceVm => ({
        ...{ id: `v${index}`, name: `v${index}`, host, vcpus: 1, wanted: "running", tried: [] },
        ...{ memoryBytes: size * gib, pools: [], switches: [] },
        policy: { priority: "normal", preferredHosts: [], possibleHosts: null, apart: [] },
      }),
    );
    return { vms, hosts: names.map((name) => hostOf(name, vms)) };
  });

function hostOf(name: string, vms: readonly BalanceVm[]): BalanceHost {
  const used = vms.filter(({ host }) => host === name).reduce((sum, vm) => sum + vm.memoryBytes, 0);
  const memoryTotalBytes = 200 * gib;
  return {
    ...{ id: name, name, memoryTotalBytes, memoryAvailableBytes: memoryTotalBytes - used },
    ...{ threads: 8, runningVms: 0, drained: false, pools: [], switches: [], groups: [] },
  };
}

test("every proposed move makes the hosts more alike, no VM moves twice, and none moves when all is even", () => {
  fc.assert(
    fc.property(scenes, ({ vms, hosts }) => {
      const moves = proposeBalance(vms, hosts);
      assert.equal(new Set(moves.map(({ vm }) => vm)).size, moves.length);
      const where = new Map(vms.map(({ id, host }) => [id, host]));
      const usedBy = (name: string): number =>
        vms.filter(({ id }) => where.get(id) === name).reduce((sum, vm) => sum + vm.memoryBytes, 0);
      for (const { vm, from, to } of moves) {
        assert.equal(where.get(vm), from);
        const before = Math.abs(usedBy(from) - usedBy(to));
        where.set(vm, to);
        assert.ok(Math.abs(usedBy(from) - usedBy(to)) <= before);
      }
    }),
  );
});

test("a full host gives to an empty one, with the reason in numbers", () => {
  const vms = Array.from(
    { length: 10 },
    (_, index): BalanceVm => ({
      ...{ id: `v${index}`, name: `v${index}`, host: "a", vcpus: 1, wanted: "running", tried: [] },
      ...{ memoryBytes: 16 * gib, pools: [], switches: [] },
      policy: { priority: "normal", preferredHosts: [], possibleHosts: null, apart: [] },
    }),
  );
  const moves = proposeBalance(
    vms,
    names.map((name) => hostOf(name, vms)),
  );
  assert.ok(moves.length >= 4, `${moves.length} moves`);
  assert.match(
    moves[0]?.reason ?? "",
    /^"a" goes from \d+ % to \d+ %, "[bc]" from \d+ % to \d+ %$/,
  );
});
