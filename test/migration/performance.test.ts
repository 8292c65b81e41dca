/** Each way for memory to cross, with real QEMUs; afterwards both memories are the same. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Compressor } from "../../src/migration/compressor.ts";
import type { MigrationRecord } from "../../src/migration/record.ts";
import { testDirectory } from "../vm/host.ts";
import { type MovingHost, twoHosts } from "./two-hosts.ts";

const draft = {
  name: "web01",
  memoryMib: 128,
  vnc: false,
  disks: [{ pool: "vms", sizeBytes: 1 << 20 }],
};

describe("memory crosses by every performance option", { concurrency: false }, () => {
  let directory: Awaited<ReturnType<typeof testDirectory>>;
  let a: MovingHost;
  let b: MovingHost;
  /** Of the last move. */
  let lanes = 0;
  let isToldByPage = false;

  before(async () => {
    directory = await testDirectory();
    ({ a, b } = await twoHosts(directory.path));
    await a.host.vms.create(draft);
    await a.host.vms.start("web01");
  });

  after(async () => {
    await a?.[Symbol.asyncDispose]();
    await b?.[Symbol.asyncDispose]();
    await directory?.[Symbol.asyncDispose]();
  });

  async function move(
    options: MigrationRecord["options"],
    compressor: Compressor = "auto",
  ): Promise<MigrationRecord> {
    for (const host of [a, b]) Object.assign(host.limits, { compressor });
    return await moveAs(options);
  }

  async function moveAs(options: MigrationRecord["options"]): Promise<MigrationRecord> {
    const [from, to] = a.host.vms.find("web01") === undefined ? [b, a] : [a, b];
    const request = { vm: "web01", target: to.name, requestedBy: "test" };
    const { id } = from.migrations.start({
      ...request,
      options: { blackoutMsMax: 10_000, ...options, verifyMemory: true },
    });
    await from.until(id, ({ stage, endedAt }) => stage === "modified-pages" || endedAt !== null);
    const stats = await from.sessions.at(-1)?.stats();
    lanes = stats?.lanes ?? 0;
    isToldByPage = (stats?.memory ?? null) !== null;
    const record = await from.ended(id);
    assert.equal(record.error, null);
    assert.equal(record.state, "completed");
    assert.equal(record.differingPages, 0);
    assert.ok(record.guestBytes > 0);
    return record;
  }

  test("tcp carries it as it is", async () => {
    const { guestBytes, wireBytes } = await move({ performance: "tcp" });
    assert.ok(wireBytes >= guestBytes);
  });

  for (const compressor of ["agent", "qemu", "auto"] as const) {
    test(`compression (${compressor}) carries less, also on a machine whose processors are busy, and again on the way back`, async () => {
      for (const way of ["there", "back"]) {
        const { guestBytes, wireBytes } = await move({ performance: "compression" }, compressor);
        if (compressor !== "auto") assert.equal(isToldByPage, compressor === "agent");
        // QEMU 7.2 says each empty page for itself, and nearly all of this guest's are.
        if (compressor === "qemu") continue;
        assert.ok(wireBytes < guestBytes, `${way}: ${wireBytes} of ${guestBytes} bytes`);
      }
    });
  }

  test("the agents compress where the target will have nothing else", async () => {
    const [from, to] = a.host.vms.find("web01") === undefined ? [b, a] : [a, b];
    Object.assign(from.limits, { compressor: "qemu" });
    Object.assign(to.limits, { compressor: "agent" });
    await moveAs({ performance: "compression" });
    assert.equal(isToldByPage, true);
  });

  test("multichannel carries it over a lane on each network", async () => {
    const { guestBytes, wireBytes } = await move({ performance: "multichannel" });
    assert.ok(wireBytes >= guestBytes);
    assert.equal(lanes, 2);
  });

  test("tcp carries all memory of a QEMU whose memory was placed by the agent", async () => {
    await move({ performance: "tcp" });
  });
});
