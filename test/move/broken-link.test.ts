/** The wire between two hosts is cut while a VM moves: the move goes on or is taken back, and the guest loses nothing. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Watch } from "../../lab/client/outside-client.ts";
import { createGuest } from "../../lab/guest.ts";
import { Lab } from "../../lab/lab.ts";
import type { LabHost } from "../../lab/lab-host.ts";
import type { MigrationRecord } from "../../src/migration/record.ts";
import { finished, reached, startMove } from "./moves.ts";

const vm = "web01";
const address = "10.77.0.50";
/** The only one that moves use. */
const moveWire = "host-b.mig1";
/** For a move to come to its blackout on a busy machine. */
const strikeMsMax = 60_000;

describe("a broken link", { concurrency: false }, () => {
  let lab: Lab;
  let watch: Watch;

  before(async () => {
    // The guests' network stays whole: its client sees what becomes of the guest.
    lab = await Lab.up({
      ...{ name: "brokenlink", migrationNetworks: 1 },
      settings: { faultInjection: true },
    });
    for (const { name } of lab.hosts) await useMoveNetwork(name);
    await createGuest(lab, { name: vm, host: "host-a", address });
    watch = await lab.client.use(address, ["counter"]);
  });

  after(async () => {
    await watch?.stop();
    await lab?.[Symbol.asyncDispose]();
  });

  async function useMoveNetwork(host: string): Promise<void> {
    const { exitCode, stderr } = await lab
      .host(host)
      .ferry(["host", "network", "add", "10.78.1.0/24"]);
    assert.equal(exitCode, 0, stderr);
  }

  /** Moves the VM and cuts the wire in the blackout, before the target says that it is ready. */
  async function cutInBlackout(target: string, ms: number): Promise<MigrationRecord> {
    const host = lab.host(target);
    const body = { point: "target:modified-pages:inside", action: "pause" } as const;
    await host.api("POST /v1/faults", { body });
    const id = await startMove(lab, vm, target);
    await struck(host);
    await lab.wire(moveWire).cut();
    await host.api("DELETE /v1/faults");
    await sleep(ms);
    await lab.wire(moveWire).restore();
    return await finished(lab, id);
  }

  /** The source's record may have gone on by then: QEMU says that it has loaded, and the agent is held. */
  async function struck(host: LabHost): Promise<void> {
    const deadline = performance.now() + strikeMsMax;
    while (performance.now() < deadline) {
      const { faults } = await host.api("GET /v1/faults");
      if (faults.some(({ state }) => state === "struck")) return;
      await sleep(20);
    }
    assert.fail("the fault does not strike");
  }

  async function guestLostNothing(): Promise<void> {
    const { lost, duplicates, errors } = await watch.counter();
    assert.deepEqual({ lost, duplicates, errors }, { lost: 0, duplicates: 0, errors: 0 });
  }

  test("for ten seconds of pre-copy costs little more than the ten seconds", async () => {
    await watch.mark();
    const id = await startMove(lab, vm, "host-b", {
      ...{ performance: "tcp", bandwidthBytesPerSecond: 20_000_000 },
    });
    await reached(lab, id, "memory-precopy");
    await lab.wire(moveWire).cut();
    await sleep(10_000);
    await lab.wire(moveWire).restore();
    const { guestBytes, wireBytes, state } = await finished(lab, id);
    assert.equal(state, "completed");
    // Headers and acknowledgements beside what was sent again.
    assert.ok(wireBytes - guestBytes < 64 * 2 ** 20, `${wireBytes} for ${guestBytes} bytes`);
    await guestLostNothing();
  });

  test("for a second of the blackout lengthens it", async () => {
    await watch.mark();
    const { state } = await cutInBlackout("host-a", 1_000);
    assert.equal(state, "completed");
    await guestLostNothing();
  });

  test("for ten seconds of the blackout takes the move back", async () => {
    await watch.mark();
    const { state, error } = await cutInBlackout("host-b", 10_000);
    assert.equal(state, "failed");
    assert.notEqual(error, null);
    const { host } = await lab.host("host-a").api("GET /v1/vms/{vm}", { params: { vm } });
    assert.equal(host, "host-a");
    await guestLostNothing();
    const options = { verifyMemory: true, blackoutMsMax: 10_000 };
    const again = await finished(lab, await startMove(lab, vm, "host-b", options));
    assert.equal(again.state, "completed");
    assert.equal(again.differingPages, 0);
  });
});
