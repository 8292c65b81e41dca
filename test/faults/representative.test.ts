/** The part of the fault matrix that every test run has: the breakages where they hurt most. All of it: npm run test:faults. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type FaultCase, faultCases } from "./cases.ts";
import { FaultLab } from "./fault-lab.ts";
import { HostDisk } from "./host-disk.ts";
import { runCase } from "./run-case.ts";

const chosen = [
  "shared source:journal-handed-over:after agent source",
  "shared target:journal-ready:after host target",
  "shared target:journal-owner:before qemu target",
  "shared source:modified-pages:inside link-blip target",
];

function find(id: string): FaultCase {
  const found = faultCases().find((fault) => fault.id === id);
  assert.ok(found, `${id} is no case`);
  return found;
}

const skip = (await HostDisk.isPossible())
  ? false
  : "needs root of the machine, for a disk of its own";

describe("a move that breaks", { concurrency: false, skip }, () => {
  let world: FaultLab;

  before(async () => {
    world = await FaultLab.up("frepr");
  });

  after(async () => {
    await world?.[Symbol.asyncDispose]();
  });

  for (const id of chosen) {
    test(`${id}: one VM, nothing lost, and it moves again`, async () => {
      const fault = find(id);
      await world.provide(fault.storage);
      const { outcome, wrong } = await runCase(world, fault);
      assert.deepEqual({ outcome, wrong }, { outcome: "right", wrong: [] });
    });
  }
});

test("the matrix has every point, every breakage and every storage, on either host", () => {
  const cases = faultCases();
  assert.equal(new Set(cases.map(({ id }) => id)).size, cases.length);
  assert.ok(cases.length >= 300);
});
