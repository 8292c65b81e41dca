import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type DrainCheck, type DrainVm, planDrain } from "./drain-plan.ts";

const gib = 1024 ** 3;
const vm = (name: string, gibibytes: number, held: string | null = null): DrainVm => ({
  ...{ id: `id-${name}`, name, memoryBytes: gibibytes * gib, held },
});
const target = (host: string, gibibytes: number) => ({
  host,
  memoryAvailableBytes: gibibytes * gib,
  vms: 0,
});
const check = (name: string, host: string, warnings = 0, ...problems: string[]): DrainCheck => ({
  ...{ vm: `id-${name}`, target: host, warnings, problems, diskBytes: 0 },
});
const said = (plan: ReturnType<typeof planDrain>): string[] =>
  plan.moves.map((move) => `${move.vm.name} to ${move.target}`);

test("planDrain() moves first what the checks find nothing in, and of that the smallest", () => {
  const vms = [vm("big", 4), vm("small", 1), vm("odd", 1)];
  const plan = planDrain(
    vms,
    [target("b", 64)],
    [check("big", "b"), check("small", "b"), check("odd", "b", 1)],
  );
  assert.deepEqual(said(plan), ["small to b", "big to b", "odd to b"]);
});

test("planDrain() moves what takes its disks along after what does not", () => {
  const checks = [{ ...check("heavy", "b"), diskBytes: gib }, check("light", "b")];
  const plan = planDrain([vm("heavy", 1), vm("light", 4)], [target("b", 64)], checks);
  assert.deepEqual(said(plan), ["light to b", "heavy to b"]);
});

test("planDrain() spreads the VMs by the memory that is left", () => {
  const vms = [vm("w1", 1), vm("w2", 1), vm("w3", 1)];
  const checks = vms.flatMap(({ name }) => [check(name, "b"), check(name, "c")]);
  assert.deepEqual(said(planDrain(vms, [target("b", 10), target("c", 9.5)], checks)), [
    "w1 to b",
    "w2 to c",
    "w3 to b",
  ]);
});

test("planDrain() lets stay what cannot go anywhere, with the reason of every host", () => {
  const vms = [vm("off", 1, "it is stopped"), vm("lame", 1), vm("large", 8)];
  const checks = [
    check("off", "b"),
    check("lame", "b", 0, '"b" has no virtual switch "lan"'),
    check("large", "b"),
  ];
  const { moves, stays } = planDrain(vms, [target("b", 4)], checks);
  assert.deepEqual(moves, []);
  assert.deepEqual(Object.fromEntries(stays.map(({ vm: { name }, reason }) => [name, reason])), {
    off: "it is stopped",
    lame: 'b: "b" has no virtual switch "lan"',
    large: "b: its memory goes to VMs planned before",
  });
});

test("planDrain() says so when there is no other host", () => {
  assert.equal(planDrain([vm("w1", 1)], [], []).stays[0]?.reason, "no other host takes moves");
});

test("planDrain() names every VM once, and plans no target over its memory", () => {
  const someHosts = fc.array(fc.integer({ min: 0, max: 16 }), { maxLength: 4 });
  const someVms = fc.array(fc.record({ size: fc.integer({ min: 1, max: 8 }), bad: fc.nat(3) }), {
    maxLength: 10,
  });
  fc.assert(
    fc.property(someHosts, someVms, (hosts, sizes) => {
      const targets = hosts.map((free, index) => target(`h${index}`, free));
      const vms = sizes.map(({ size }, index) => vm(`v${index}`, size));
      const checks = sizes.flatMap(({ bad }, index) =>
        targets.map(({ host }, place) =>
          check(`v${index}`, host, 0, ...(place === bad ? ["no"] : [])),
        ),
      );
      const { moves, stays } = planDrain(vms, targets, checks);
      const names = [...moves, ...stays].map((entry) => entry.vm.name).sort();
      assert.deepEqual(names, vms.map(({ name }) => name).sort());
      for (const { host, memoryAvailableBytes } of targets) {
        const planned = moves.filter((move) => move.target === host);
        assert.ok(planned.reduce((sum, move) => sum + move.memoryBytes, 0) <= memoryAvailableBytes);
      }
    }),
  );
});
