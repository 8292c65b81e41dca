/**
 * Virtual Fibre Channel against a tree that stands in for sysfs, with real QEMUs on a real block device (a loop device): the
 * adapter is logged in with one set of names on each host while the VM moves, so that the LUN is never lost.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import {
  createVirtualPort,
  deleteVirtualPort,
  fibreChannelPorts,
} from "../../src/host/fibre-channel.ts";
import type { VmDraft } from "../../src/vm/draft.ts";
import { type MovingHost, twoHosts } from "../migration/two-hosts.ts";
import { isFerryError, testDirectory } from "../vm/host.ts";
import { FakeFabricHost, fabric, storagePort } from "./fibre-channel-tree.ts";

const run = promisify(execFile);
const sets: NonNullable<VmDraft["fibreChannel"]>[number]["sets"] = [
  { wwnn: "2f00020000000001", wwpn: "2f01020000000001" },
  { wwnn: "2f00020000000002", wwpn: "2f01020000000002" },
];
const draft: VmDraft = {
  ...{ name: "san01", memoryMib: 64, vnc: false },
  fibreChannel: [{ name: "fc0", fabric, sets }],
  luns: [
    {
      name: "data",
      source: { kind: "fibre-channel", adapter: "fc0", target: storagePort, lun: 3 },
    },
  ],
};
let directory: Awaited<ReturnType<typeof testDirectory>>;
let device: string;
let fabrics: { a: FakeFabricHost; b: FakeFabricHost };
let a: MovingHost;
let b: MovingHost;

before(async () => {
  directory = await testDirectory();
  const file = join(directory.path, "lun.img");
  await writeFile(file, Buffer.alloc(1 << 20, 7));
  const { stdout } = await run("losetup", ["-f", "--show", file]);
  const loop = stdout.trim();
  // A node of our own for it, which may be given away.
  const { stdout: numbers } = await run("stat", ["-c", "%Hr %Lr", loop]);
  device = join(directory.path, "disk");
  await run("mknod", ["-m", "600", device, "b", ...numbers.trim().split(" ")]);
  fabrics = {
    a: await FakeFabricHost.make(join(directory.path, "fabric-a"), device),
    b: await FakeFabricHost.make(join(directory.path, "fabric-b"), device),
  };
  const trees = { "host-a": fabrics.a.tree, "host-b": fabrics.b.tree };
  ({ a, b } = await twoHosts(directory.path, trees));
  // Gone with its last user, whatever happens to this test.
  await a.host.vms.create(draft);
  await a.host.vms.start("san01");
  await run("losetup", ["-d", loop]);
});

after(async () => {
  await a?.[Symbol.asyncDispose]();
  await b?.[Symbol.asyncDispose]();
  await fabrics?.a[Symbol.asyncDispose]();
  await fabrics?.b[Symbol.asyncDispose]();
  await directory?.[Symbol.asyncDispose]();
});

/** The kernel logs out a moment after it is told to. */
async function becomes(host: FakeFabricHost, names: readonly string[]): Promise<void> {
  while ((await loggedIn(host)).join() !== names.join()) await sleep(5);
}

async function loggedIn({ tree }: FakeFabricHost): Promise<string[]> {
  return (await fibreChannelPorts(tree))
    .map(({ portName }) => portName)
    .filter((name) => name.startsWith("2f"));
}

test("a VM that starts logs its adapter in with the first set of names", async () => {
  assert.deepEqual(await loggedIn(fabrics.a), [sets[0].wwpn]);
  assert.deepEqual(fabrics.a.told, [`vport_create ${sets[0].wwpn}:${sets[0].wwnn}`]);
});

test("a move logs the target in with the second before the source logs out, and back again with the first", async () => {
  b.faults.arm("target:setup:inside", "hang");
  const struck = b.faults.struck("target:setup:inside");
  const start = (from: MovingHost, to: MovingHost): string =>
    from.migrations.start({ vm: "san01", target: to.name, requestedBy: "test", options: {} }).id;
  const cancelled = start(a, b);
  await struck;
  assert.deepEqual(
    [await loggedIn(fabrics.a), await loggedIn(fabrics.b)],
    [[sets[0].wwpn], [sets[1].wwpn]],
  );
  await a.migrations.cancel(cancelled);
  await becomes(fabrics.a, [sets[0].wwpn]);
  await becomes(fabrics.b, []);

  const there = await a.ended(start(a, b));
  assert.equal(there.error, null);
  await becomes(fabrics.a, []);
  await becomes(fabrics.b, [sets[1].wwpn]);
  assert.equal(b.host.vms.get("san01").definition.fibreChannel?.[0]?.active, 1);

  const back = await b.ended(start(b, a));
  assert.equal(back.error, null);
  await becomes(fabrics.a, [sets[0].wwpn]);
  await becomes(fabrics.b, []);
});

test("a VM that is powered off logs out", async () => {
  await a.host.vms.powerOff("san01");
  await becomes(fabrics.a, []);
});

test("a fabric that the host is not in, and names that it has already, are refused", async () => {
  const { tree } = fabrics.b;
  const other = createVirtualPort(tree, "2000000000000000", sets[0]);
  await assert.rejects(other, isFerryError("unsupported"));
  await createVirtualPort(tree, fabric, sets[0]);
  await assert.rejects(createVirtualPort(tree, fabric, sets[0]), isFerryError("in-use"));
  await deleteVirtualPort(tree, sets[0]);
  await becomes(fabrics.b, []);
  assert.deepEqual(await readdir(join(tree.sysfs, "class/fc_vports")), []);
});
