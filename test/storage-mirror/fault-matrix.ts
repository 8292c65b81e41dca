/**
 * `npm run test:disks`: a VM with two disks, whose guest writes to both all the time, moves between hosts that share nothing while in
 * each stage the link is cut for ten seconds, either agent is killed, or the move is cancelled. After each case the VM is on one host,
 * the other has nothing of it, every acknowledged record is on its disks, and its file system is whole. Minutes; the cases of
 * one stage: `npm run test:disks -- --test-name-pattern=storage-mirror`.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createGuest } from "../../lab/guest.ts";
import { Lab } from "../../lab/lab.ts";
import type { LabHost } from "../../lab/lab-host.ts";
import { stageNames } from "../../src/migration/plan.ts";
import { RecordWriter, recordsPerSecond } from "../support/records.ts";
import { type Hosts, hostsOf, settled } from "./whole-vm.ts";

const vm = "web01";
const address = "10.77.0.50";
const MiB = 2 ** 20;
const cutMs = 10_000;
/** For an agent that starts, or a stage that is reached, on a busy machine. */
const reachMsMax = 60_000;
/** `failed` and `unresolved` are outcomes too: what counts is the VM. */
const cancellable: readonly string[] = ["setup", "storage-mirror", "memory-precopy"];
let lab: Lab;
let writer: RecordWriter;

before(async () => {
  lab = await Lab.up({ name: "disks", speed: "1gbit", settings: { faultInjection: true } });
  const disks = [
    { pool: "local", file: "root.qcow2", sizeBytes: 64 * MiB },
    { pool: "local", file: "data.raw", format: "raw" as const, sizeBytes: 64 * MiB },
  ];
  await createGuest(lab, { name: vm, host: "host-a", address, draft: { disks } });
  writer = await RecordWriter.start(lab, vm, address, [
    { file: "root.qcow2", format: "qcow2" },
    { file: "data.raw", format: "raw" },
  ]);
});

after(async () => {
  writer?.[Symbol.dispose]();
  await Lab.down("disks");
});

/** Both agents answer; what was armed and did not strike is forgotten. */
async function ready(): Promise<Hosts> {
  for (const host of lab.hosts) {
    await host.agent.start();
    await host.api("DELETE /v1/faults");
  }
  return hostsOf(lab, vm);
}

/** The source may be dead before it has answered. */
async function startMove({ here, there }: Hosts): Promise<string | undefined> {
  const body = { vm, target: there.name, options: { withStorage: true } };
  return here.api("POST /v1/migrations", { body }).then(
    ({ id }) => id,
    () => undefined,
  );
}

async function arm(host: LabHost, point: string, action: "pause" | "crash"): Promise<void> {
  await host.api("POST /v1/faults", { body: { point, action } });
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + reachMsMax;
  while (!(await isSo())) {
    assert.ok(performance.now() < deadline, `${what} in ${reachMsMax} ms`);
    await sleep(20);
  }
}

/** The move stands at this point of the source until `goOn`. */
async function paused(host: LabHost): Promise<void> {
  await until("the point was not reached", async () => {
    const { faults } = await host.api("GET /v1/faults");
    return faults.some(({ state }) => state === "struck");
  });
}

async function goOn(host: LabHost): Promise<void> {
  await host.api("DELETE /v1/faults");
}

async function assertWhole(): Promise<void> {
  const { here } = await settled(lab, vm);
  await writer.assertAllOn(here);
}

describe("disks whose guest writes", { concurrency: false }, () => {
  test("move: every acknowledged record is there", async () => {
    const hosts = await ready();
    await startMove(hosts);
    await until("the VM did not move", async () => {
      const { vms } = await hosts.there.api("GET /v1/vms");
      return vms.some(({ state }) => state === "running");
    });
    await assertWhole();
  });

  test("outrun: a guest that writes faster than the link carries still arrives", async () => {
    const hosts = await ready();
    const wire = lab.wire(`${hosts.there.name}.lan`);
    await wire.setSpeed("20mbit");
    await writer.rate(0);
    const id = await startMove(hosts);
    assert.ok(id);
    await until("the copy did not end", async () => {
      const params = { params: { id } };
      const { stage, endedAt } = await hosts.here.api("GET /v1/migrations/{id}", params);
      return endedAt !== null || (stage !== "setup" && stage !== "storage-mirror");
    });
    await writer.rate(recordsPerSecond);
    await wire.setSpeed("1gbit");
    const { here } = await settled(lab, vm);
    assert.equal(here.name, hosts.there.name);
    await writer.assertAllOn(here);
  });

  // A move becomes post-copy only when it is asked to: `npm run test:post-copy`.
  for (const stage of stageNames.filter((name) => name !== "memory-postcopy")) {
    test(`${stage}: the link is cut for ten seconds`, async () => {
      const hosts = await ready();
      await arm(hosts.here, `source:${stage}:before`, "pause");
      await startMove(hosts);
      await paused(hosts.here);
      const wire = lab.wire(`${hosts.there.name}.lan`);
      await wire.cut();
      await goOn(hosts.here);
      await sleep(cutMs);
      await wire.restore();
      await assertWhole();
    });

    for (const role of ["source", "target"] as const) {
      for (const moment of ["before", "after"] as const) {
        test(`${stage}: the ${role}'s agent dies ${moment} it`, async () => {
          const hosts = await ready();
          const dying = role === "source" ? hosts.here : hosts.there;
          await arm(dying, `${role}:${stage}:${moment}`, "crash");
          await startMove(hosts);
          await until("the agent did not die", async () => (await dying.agent.pid()) === undefined);
          await dying.agent.start();
          await assertWhole();
        });
      }
    }

    if (!cancellable.includes(stage)) continue;
    test(`${stage}: the move is cancelled`, async () => {
      const hosts = await ready();
      await arm(hosts.here, `source:${stage}:before`, "pause");
      const id = await startMove(hosts);
      assert.ok(id);
      await paused(hosts.here);
      const cancelled = hosts.here.api("POST /v1/migrations/{id}/cancel", { params: { id } });
      await goOn(hosts.here);
      assert.equal((await cancelled).state, "cancelled");
      await assertWhole();
      const { here } = await hostsOf(lab, vm);
      assert.equal(here.name, hosts.here.name);
    });
  }
});
