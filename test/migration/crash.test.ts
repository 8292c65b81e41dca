/**
 * An agent dies (SIGKILL) at a point of a move and comes back. Whatever the point: one host has the VM and lets it run, the other
 * has nothing of it, and the next move succeeds. One point for each row of the recovery table that such a death leads to; every point
 * is in `npm run test:faults`. Real agents in the lab; the guest is firmware with a disk in a shared pool.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { Lab } from "../../lab/lab.ts";
import { guestProcess } from "../../lab/guest.ts";
import type { LabHost } from "../../lab/lab-host.ts";
import type { Vm } from "../../src/api/schema/vm.ts";

/** Where it dies, on which side, and where the VM must be afterwards. */
const cases = [
  ["source", "modified-pages:inside", "source"],
  ["target", "modified-pages:inside", "source"],
  ["source", "storage-handover:inside", "source"],
  ["source", "storage-handover:after", "target"],
  ["target", "resume:before", "either"],
  ["target", "resume:after", "target"],
  ["source", "network-cleanup:before", "target"],
] as const;

/** An agent that starts adopts, settles with its peer and answers: seconds, or minutes on a starved machine. */
const settleMsMax = 240_000;

describe("an agent that dies in a move", { concurrency: false }, () => {
  let lab: Lab;

  before(async () => {
    lab = await Lab.up({ name: "crash", hosts: 2, settings: { faultInjection: "repeat" } });
    await lab.host("host-a").api("POST /v1/vms", {
      body: {
        name: "web01",
        memoryMib: 64,
        vnc: false,
        disks: [{ pool: "vms", sizeBytes: 1 << 20 }],
      },
    });
    await lab.host("host-a").api("POST /v1/vms/{vm}/start", { params: { vm: "web01" } });
  });

  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  for (const [side, point, expected] of cases) {
    test(`${side} at ${point}: the VM is on the ${expected} once, and moves again`, async () => {
      const source = await ownerOf(lab);
      const target = otherThan(lab, source);
      const dying = side === "source" ? source : target;
      await dying.api("POST /v1/faults", { body: { point: `${side}:${point}`, action: "crash" } });
      await startMove(source, target);
      await died(dying);
      await dying.agent.start();

      const owner = await settled(lab);
      if (expected !== "either")
        assert.equal(owner.name, (expected === "source" ? source : target).name);
      await moveAndFinish(owner, otherThan(lab, owner));
    });
  }

  test("target at memory-precopy:before, and its skeleton never answers again: it is gone all the same", async () => {
    const source = await ownerOf(lab);
    const target = otherThan(lab, source);
    // Nothing is connected to the skeleton yet: it would end by itself with its stream.
    const point = "target:memory-precopy:before";
    await target.api("POST /v1/faults", { body: { point, action: "crash" } });
    await startMove(source, target);
    await died(target);
    process.kill(await guestProcess(target, "web01"), "SIGSTOP");
    await target.agent.start();
    assert.equal((await settled(lab)).name, source.name);
    await moveAndFinish(source, target);
  });
});

function otherThan(lab: Lab, host: LabHost): LabHost {
  const other = lab.hosts.find((candidate) => candidate.name !== host.name);
  assert.ok(other);
  return other;
}

async function vmOn(host: LabHost): Promise<Vm | undefined> {
  const { vms } = await host.api("GET /v1/vms");
  return vms.find((vm) => vm.name === "web01");
}

/** The one host that has the VM as its own. */
async function ownerOf(lab: Lab): Promise<LabHost> {
  for (const host of lab.hosts) {
    if ((await vmOn(host))?.ownership === "owner") return host;
  }
  return assert.fail("no host owns the VM");
}

async function startMove(source: LabHost, target: LabHost): Promise<void> {
  await source
    .api("POST /v1/migrations", { body: { vm: "web01", target: target.name } })
    .catch((error: unknown) => {
      // The agent may be dead before it has answered.
      assert.match(String(error), /unreachable|answer|connect|socket/i);
    });
}

async function died(host: LabHost): Promise<void> {
  while ((await host.agent.pid()) !== undefined) await wait(20);
}

/** Both journals are closed: one host runs the VM and nothing holds it, the other does not know it. */
async function settled(lab: Lab): Promise<LabHost> {
  const deadline = performance.now() + settleMsMax;
  let seen: unknown;
  while (performance.now() < deadline) {
    const vms = await Promise.all(lab.hosts.map(vmOn));
    seen = vms.map((vm) => (vm === undefined ? null : [vm.state, vm.ownership, vm.migration]));
    const [running, ...more] = lab.hosts.filter((_host, index) => vms[index]?.state === "running");
    assert.equal(more.length, 0, "the VM runs on two hosts");
    const known = vms.filter((vm) => vm !== undefined);
    if (running !== undefined && known.length === 1 && known[0]?.migration === null) return running;
    await wait(50);
  }
  return assert.fail(`not settled after ${settleMsMax} ms: ${JSON.stringify(seen)}`);
}

async function moveAndFinish(source: LabHost, target: LabHost): Promise<void> {
  const result = await source.ferry(["move", "web01", target.name]);
  assert.equal(result.exitCode, 0, result.stdout + result.stderr);
  assert.equal((await vmOn(target))?.state, "running");
  assert.equal(await vmOn(source), undefined);
}
