import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { obstacle, type PlacedVm, type PlaceHost, placeVms } from "./placement.ts";
import { priorities } from "../vm/vm-policy.ts";

const names = ["a", "b", "c", "d"];
const someNames = fc.subarray(names);

const vmOf = (id: string, changes: Partial<PlacedVm> = {}): PlacedVm => ({
  id,
  name: id,
  memoryBytes: 1,
  wanted: "running",
  policy: { priority: "normal", preferredHosts: [], possibleHosts: null, apart: [] },
  pools: ["vms"],
  switches: [],
  tried: [],
  ...changes,
});

const hostOf = (name: string, changes: Partial<PlaceHost> = {}): PlaceHost => ({
  id: name,
  name,
  memoryAvailableBytes: 10,
  runningVms: 0,
  drained: false,
  pools: ["vms"],
  switches: [],
  groups: [],
  ...changes,
});

const vms = fc
  .array(
    fc.record({
      memoryBytes: fc.integer({ min: 1, max: 6 }),
      priority: fc.constantFrom(...priorities),
      preferredHosts: someNames,
      possible: fc.option(fc.subarray(names, { minLength: 1 })),
      apart: fc.subarray(["db", "web"]),
      tried: someNames,
      wanted: fc.constantFrom("running" as const, "stopped" as const),
    }),
    { maxLength: 12 },
  )
  .map((list) =>
    list.map(({ priority, preferredHosts, possible, apart, ...vm }, index) =>
      vmOf(`v${index}`, {
        ...vm,
        policy: { priority, preferredHosts, possibleHosts: possible, apart },
      }),
    ),
  );

const hosts = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom(...names),
    memoryAvailableBytes: fc.integer({ min: 0, max: 12 }),
  }),
  { selector: ({ name }) => name },
);

test("every VM has one place at most, only where it may be, and no host gets more than it has room for", () => {
  fc.assert(
    fc.property(vms, hosts, (wanted, given) => {
      const places = given.map(({ name, memoryAvailableBytes }) =>
        hostOf(name, { memoryAvailableBytes }),
      );
      const placed = placeVms(wanted, places);
      assert.deepEqual(new Set(placed.map(({ vm }) => vm)).size, wanted.length);
      for (const place of places) {
        const here = placed
          .filter(({ host }) => host === place.id)
          .map(({ vm }) => wanted.find(({ id }) => id === vm) ?? vmOf(""));
        const used = here
          .filter((vm) => vm.wanted === "running")
          .reduce((sum, vm) => sum + vm.memoryBytes, 0);
        assert.ok(used <= place.memoryAvailableBytes);
        for (const vm of here) {
          const whatever = { ...place, memoryAvailableBytes: Number.POSITIVE_INFINITY };
          assert.equal(obstacle(vm, whatever), null);
        }
      }
    }),
  );
});

test("who is more important gets the last room", () => {
  const few = vmOf("low", { memoryBytes: 8, policy: { ...vmOf("").policy, priority: "low" } });
  const many = vmOf("high", { memoryBytes: 8, policy: { ...vmOf("").policy, priority: "high" } });
  const placed = placeVms([few, many], [hostOf("a")]);
  assert.deepEqual(
    placed.map(({ vm, host }) => [vm, host]),
    [
      ["high", "a"],
      ["low", null],
    ],
  );
  assert.match(placed[1]?.reason ?? "", /a: it has not enough memory left/);
});

test("a preferred host comes before one with more memory; kin are kept apart as far as there are hosts", () => {
  const places = [hostOf("a", { memoryAvailableBytes: 5 }), hostOf("b")];
  const { policy } = vmOf("");
  const [first] = placeVms([vmOf("v", { policy: { ...policy, preferredHosts: ["a"] } })], places);
  assert.equal(first?.host, "a");
  const kin = ["v1", "v2", "v3"].map((id) => vmOf(id, { policy: { ...policy, apart: ["db"] } }));
  const where = placeVms(kin, places).map(({ host }) => host);
  assert.deepEqual(where, ["b", "a", "b"]);
});
