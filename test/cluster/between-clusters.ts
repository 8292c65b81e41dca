/**
 * `npm run test:cluster`: a VM moves from one cluster into another while it runs, back and forth, and the agent of either host is killed at every
 * record of either journal. After each it is the VM of exactly one host, and of that host's cluster alone; the guest, which writes all the time, has lost
 * nothing; and it moves again.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { LabHost } from "../../lab/lab-host.ts";
import { nameOf } from "../../src/migration/fault-points.ts";
import { type FaultCase, faultCases } from "../faults/cases.ts";
import { FaultLab } from "../faults/fault-lab.ts";
import { runCase, startMove } from "../faults/run-case.ts";
import { clusterOf, until } from "./cluster-lab.ts";

/** Killed at each of them, the agent of either host: a restarted agent may find the record or not. */
const cases = faultCases().filter(
  ({ storage, breakage, point }) =>
    storage === "shared" && breakage === "agent" && point.at.startsWith("journal-"),
);

let world: FaultLab;

before(async () => {
  world = await FaultLab.up("between", 1_024);
  const [left, right] = world.lab.hosts as [LabHost, LabHost];
  await left.api("POST /v1/cluster", { body: { name: "left" } });
  await right.api("POST /v1/cluster", { body: { name: "right" } });
  await world.provide("shared");
  const body = { priority: "high" as const, preferredHosts: [], possibleHosts: null, apart: [] };
  await left.api("PUT /v1/vms/{vm}/cluster", { params: { vm: world.vm }, body });
  world.options = { leaveCluster: true, enterCluster: true };
});

after(async () => {
  await world?.[Symbol.asyncDispose]();
});

test("a VM that may not leave its cluster stays, with the reason; so does one that shall enter where there is none", async () => {
  const left = world.lab.host("host-a");
  const stays = await left.ferry(["move", world.vm, "host-b"]);
  assert.notEqual(stays.exitCode, 0);
  assert.match(stays.stdout + stays.stderr, /is cluster "left"'s[\s\S]*--leave-cluster/);
});

describe("from one cluster into the other, with an agent killed", { concurrency: false }, () => {
  test("at no record: its policy comes along, the record there is gone", async () => {
    const left = world.lab.host("host-a");
    await world.guest.startWriting();
    const id = await startMove(world, left, world.lab.host("host-b"));
    await until("the move is over", async () => {
      const record = await left.api("GET /v1/migrations/{id}", { params: { id } });
      assert.notEqual(record.state, "failed", record.error?.message ?? "");
      return record.state === "completed";
    });
    await onlyIn("host-b");
    const [vm] = (await clusterOf(world.lab.host("host-b"))).vms;
    assert.deepEqual([vm?.policy.priority, vm?.generation], ["high", 2]);
    assert.equal(await world.guest.checkAlive(), undefined);
  });

  for (const fault of cases) {
    test(`${nameOf(fault.point)}, of the ${fault.victim}`, async () => await claim(fault));
  }
});

async function claim(fault: FaultCase): Promise<void> {
  const { outcome, wrong } = await runCase(world, fault);
  assert.deepEqual(wrong, []);
  // A record that only failures write is not in every move.
  assert.ok(
    outcome === "right" || fault.provoked !== undefined || /discarded|rolled/.test(fault.id),
  );
  const owner = await world.owner();
  assert.ok(owner !== undefined);
  await onlyIn(owner.name);
}

/** The VM is in the cluster of its host, as that host's, and in no other. */
async function onlyIn(name: string): Promise<void> {
  const owner = world.lab.host(name);
  const other = world.other(owner);
  await until(`the VM is ${name}'s in its cluster alone`, async () => {
    const [mine, theirs] = [await clusterOf(owner), await clusterOf(other)];
    const here = mine.vms.filter(({ host }) => host === name);
    const [record] = here;
    const row = await world.vmOn(owner);
    return (
      here.length === 1 &&
      theirs.vms.length === 0 &&
      record?.wanted === "running" &&
      row?.ownership === "owner" &&
      row.generation === record.generation
    );
  });
}
