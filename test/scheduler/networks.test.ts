/** Moves keep to the migration networks, as the wires see it. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Lab } from "../../lab/lab.ts";
import { allOver, askMove, startVms } from "./many-moves.ts";

let lab: Lab;

before(async () => {
  lab = await Lab.up({ name: "networks", migrationNetworks: 2 });
  await startVms(lab, "host-a", ["n1"]);
});

after(() => Lab.down("networks"));

/** Bytes that came to a host over one of its wires. */
async function received(host: string, device: string): Promise<number> {
  const { stdout } = await lab.host(host).run(["ip", "-j", "-s", "link", "show", "dev", device]);
  const [link] = JSON.parse(stdout) as [{ stats64: { rx: { bytes: number } } }];
  return link.stats64.rx.bytes;
}

async function setNetworks(host: string, ...args: string[]): Promise<void> {
  const { exitCode, stderr } = await lab.host(host).ferry(["host", ...args]);
  assert.equal(exitCode, 0, stderr);
}

/** What came to the target over each wire while a VM moved there. */
async function moved(source: string, target: string): Promise<Record<string, number>> {
  const devices = ["lan0", "mig1", "mig2"];
  const before = await Promise.all(devices.map((device) => received(target, device)));
  const [record] = await allOver(lab, source, [await askMove(lab, source, "n1", target)]);
  assert.equal(record?.error ?? null, null);
  assert.equal(record?.state, "completed");
  const now = await Promise.all(devices.map((device) => received(target, device)));
  return Object.fromEntries(
    devices.map((device, index) => [device, (now[index] ?? 0) - (before[index] ?? 0)]),
  );
}

test("with migration networks set on both hosts, memory crosses the one with the best priority", async () => {
  for (const host of ["host-a", "host-b"]) {
    await setNetworks(host, "network", "add", "10.78.1.0/24", "--priority", "20");
    await setNetworks(host, "network", "add", "10.78.2.0/24", "--priority", "10");
  }
  const { mig1 = 0, mig2 = 0, lan0 = 0 } = await moved("host-a", "host-b");
  assert.ok(
    mig2 > 100_000 && mig1 < mig2 / 10 && lan0 < mig2,
    JSON.stringify({ mig1, mig2, lan0 }),
  );
});

test("a network that only one host names is no common one, and the checks say so", async () => {
  await setNetworks("host-b", "network", "remove", "10.78.1.0/24");
  await setNetworks("host-b", "network", "remove", "10.78.2.0/24");
  const [record] = await allOver(lab, "host-b", [await askMove(lab, "host-b", "n1", "host-a")]);
  // The source may use any network, the target offers its own: that works.
  assert.equal(record?.error ?? null, null);
  assert.equal(record?.state, "completed");
  await assert.rejects(askMove(lab, "host-a", "n1", "host-b"), {
    code: "precheck-failed",
    message:
      /"host-b" offers 10\.77\.0\.12 for moves, "host-a" uses networks 10\.78\.1\.0\/24, 10\.78\.2\.0\/24/,
  });
  await setNetworks("host-a", "set", "--any-network");
  await moved("host-a", "host-b");
});
