/** Shared folders and devices of the host, with real QEMUs: what starts, what moves, and what is refused in words. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { queryBlockers } from "../../src/qemu/migration-blockers.ts";
import { type MovingHost, twoHosts } from "../migration/two-hosts.ts";
import { isFerryError, smallVm, testDirectory } from "./host.ts";

const run = promisify(execFile);
let directory: Awaited<ReturnType<typeof testDirectory>>;
let a: MovingHost;
let b: MovingHost;

before(async () => {
  directory = await testDirectory();
  ({ a, b } = await twoHosts(directory.path));
  await mkdir(join(directory.path, "shared/exchange"), { mode: 0o777 });
});

after(async () => {
  await a?.[Symbol.asyncDispose]();
  await b?.[Symbol.asyncDispose]();
  await directory?.[Symbol.asyncDispose]();
});

test("a VM with a shared folder moves while its guest does not use it", async () => {
  const sharedFolders = [{ name: "exchange", pool: "vms", directory: "exchange" }];
  await a.host.vms.create({ ...smallVm, memoryMib: 64, sharedFolders });
  await a.host.vms.start("small");
  const request = { vm: "small", target: b.name, requestedBy: "test", options: {} };
  const record = await a.ended(a.migrations.start(request).id);
  assert.equal(record.error, null);
  assert.equal(b.host.vms.get("small").state, "running");
});

test("what the VM's own QEMU has against a move is heard from it", async () => {
  const { id } = b.host.vms.get("small").definition;
  const qmp = b.host.vms.process(id)?.qmp;
  assert.ok(qmp !== undefined);
  assert.deepEqual(await queryBlockers(qmp), []);
  // An image of a format that QEMU does not move.
  const image = join(directory.path, "shared/other.vhd");
  await run("qemu-img", ["create", "-q", "-f", "vpc", image, "4M"]);
  await run("chmod", ["666", image]);
  const file = { driver: "file", filename: image, locking: "off" };
  await qmp.execute("blockdev-add", { driver: "vpc", "node-name": "other", file });
  const [reason = ""] = await queryBlockers(qmp);
  assert.match(reason, /does not support live migration/);
  await qmp.execute("blockdev-del", { "node-name": "other" });
  assert.deepEqual(await queryBlockers(qmp), []);
});

test("a folder that is not there, and devices that the host has not, are refused by name; nothing is left", async () => {
  const folder = { name: "none", pool: "vms", directory: "none" };
  await assert.rejects(
    a.host.vms.create({ ...smallVm, name: "x", sharedFolders: [folder] }),
    isFerryError("not-found"),
  );
  const devices = [
    [{ name: "key", kind: "usb", vendor: "dead", product: "beef" }, "not-found"],
    [{ name: "gpu", kind: "pci", address: "dead:be:ef.7" }, "bad-input"],
    [{ name: "gpu", kind: "pci", address: "dead:be:1f.7" }, "unsupported"],
  ] as const;
  for (const [device, code] of devices) {
    const start = async (): Promise<void> => {
      await a.host.vms.create({ ...smallVm, name: "y", hostDevices: [device] });
      await a.host.vms.start("y");
    };
    await assert.rejects(start(), isFerryError(code));
    if (a.host.vms.find("y") !== undefined) await a.host.vms.delete("y", { disks: "keep" });
  }
  assert.deepEqual(await a.host.traces(), []);
});

test("a target refuses a definition with a device of a host, whatever the source's checks said", async () => {
  const device = { name: "key", kind: "usb", vendor: "1050", product: "0407" } as const;
  const { definition } = await a.host.vms.create({
    ...{ ...smallVm, name: "z" },
    hostDevices: [device],
  });
  const coming = b.host.vms.prepareIncoming(definition, 1, "m1");
  await assert.rejects(coming, isFerryError("unsupported"));
  assert.equal(b.host.vms.find("z"), undefined);
});
