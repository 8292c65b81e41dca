/** A pool on a real SMB share that both hosts have mounted: the checks prove that it is one, and a VM moves on it. */
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Lab } from "../../lab/lab.ts";
import { SmbShare } from "../../lab/smb-share.ts";
import type { Finding } from "../../src/api/schema/check.ts";
import { finished, startMove } from "../move/moves.ts";

const vm = "smb01";
let lab: Lab;
let share: SmbShare;

before(async () => {
  lab = await Lab.up({ name: "d2smb" });
  share = await SmbShare.start(lab);
  for (const host of lab.hosts) {
    const path = await share.mount(host.name);
    await host.api("POST /v1/pools", { body: { name: "smb", path } });
  }
  const disks = [{ pool: "smb", sizeBytes: 16 << 20 }];
  const body = { name: vm, memoryMib: 64, vnc: false, disks };
  await lab.host("host-a").api("POST /v1/vms", { body });
  await lab.host("host-a").api("POST /v1/vms/{vm}/start", { params: { vm } });
});

after(async () => {
  await share[Symbol.asyncDispose]();
  await Lab.down("d2smb");
});

async function findings(target: string, id: string): Promise<Finding[]> {
  const { host } = await lab.host("host-a").api("GET /v1/vms/{vm}", { params: { vm } });
  const body = { vm, target };
  const report = await lab.host(host).api("POST /v1/checks", { body });
  return report.findings.filter(({ check }) => check === id);
}

test("both hosts see the same bytes there, QEMU's user may write, names are taken once, and nothing is left", async () => {
  const before = await readdir(share.directory);
  const body = { vm, target: "host-b" };
  const {
    findings: all,
    possible,
    disks,
  } = await lab.host("host-a").api("POST /v1/checks", { body });
  const against = all.filter(({ severity }) => severity === "blocking");
  assert.deepEqual(against, []);
  assert.equal(possible, true);
  assert.deepEqual(disks, []);
  for (const id of ["pool-lock", "qemu-access", "direct-access", "mount-options"]) {
    assert.ok(
      all.some(({ check, severity }) => check === id && severity === "passed"),
      id,
    );
  }
  assert.deepEqual(await readdir(share.directory), before);
});

test("the VM moves on the share, and its lock there names the new host", async () => {
  const record = await finished(lab, await startMove(lab, vm, "host-b"));
  assert.equal(record.state, "completed", record.error?.message ?? "");
  assert.deepEqual(record.disks, []);
  const lock = async () =>
    JSON.parse(await readFile(join(share.directory, `.ferry-lock-${vm}-disk0.qcow2`), "utf8")) as {
      host: string;
    };
  // The lock follows once the guest runs.
  while ((await lock()).host !== "host-b") await sleep(50);
});

test("a share that hangs is away, and holds nothing but what lies on it", async () => {
  const host = lab.host("host-a");
  const names = async () => {
    const { pools } = await host.api("GET /v1/pools");
    return pools.map(({ name, space }) => `${name} ${space === null ? "away" : "there"}`);
  };
  assert.deepEqual(await names(), ["local there", "smb there", "vms there"]);
  share.hang("host-a", true);
  try {
    await sleep(1_100); // what was seen a moment ago is believed
    // More often than the agent has threads for files: each would be held for ever.
    for (let time = 0; time < 6; time++) {
      assert.deepEqual(await names(), ["local there", "smb away", "vms there"]);
    }
    const body = { name: "smb02", memoryMib: 64, disks: [{ pool: "smb", sizeBytes: 1 << 20 }] };
    await assert.rejects(
      host.api("POST /v1/vms", { body }),
      /Cannot use pool "smb": .* has not answered for 5 s/,
    );
    const disks = [{ pool: "local", sizeBytes: 1 << 20 }];
    await host.api("POST /v1/vms", { body: { ...body, disks } });
  } finally {
    share.hang("host-a", false);
  }
  while (!(await names()).includes("smb there")) await sleep(50);
});

test("a host that has lost the share is found: nothing of it is taken for the pool", async () => {
  await share.unmount("host-a");
  const [finding] = await findings("host-a", "disk-place");
  assert.equal(finding?.severity, "blocking");
  assert.match(
    finding?.message ?? "",
    /"host-a" has no pool "smb", or does not reach it, for disk "disk0"/,
  );
});
