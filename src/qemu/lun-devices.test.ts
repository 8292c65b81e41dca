import assert from "node:assert/strict";
import { test } from "node:test";
import type { LunDefinition, VmDefinition } from "../vm/definition.ts";
import { lunArguments } from "./lun-devices.ts";
import { pciLayout } from "./pci-layout.ts";
import { understand } from "./probe-lun.ts";

const id = "11111111-2222-3333-4444-555555555555";
const source: LunDefinition["source"] = {
  ...{ kind: "iscsi", portal: "10.0.0.5:3260", target: "iqn.2026-01.org.example:vms", lun: 1 },
  secret: "array",
};
const lun: LunDefinition = { name: "data", bus: "virtio", readOnly: false, source };
const machine = { id, disks: [{ bus: "virtio" }, { bus: "scsi" }] } as unknown as VmDefinition;
const layout = pciLayout("pc-q35-7.2");

test("a LUN comes after the disks of its bus, and QEMU reads its password from a file", () => {
  const chap = { user: "ferry", passwordPath: "/run/x/secret-array" };
  const args = lunArguments(
    { ...machine, luns: [lun] },
    [{ device: null, chap }],
    layout,
    new Map(),
  );
  const all = args.join(" ");
  assert.match(
    all,
    /"driver":"virtio-blk-pci","bus":"port-disk-1","addr":"0","drive":"lun0","id":"lun-data"/,
  );
  assert.match(all, /"qom-type":"secret","id":"lun0-password","file":"\/run\/x\/secret-array"/);
  assert.match(all, /"initiator-name":"iqn.2008-11.org.linux-kvm:11111111-2222/);
  assert.match(all, /"user":"ferry","password-secret":"lun0-password"/);
});

test("a physical disk is the host's device, and on the SCSI controller it has a number of its own", () => {
  const physical: LunDefinition = {
    ...{ name: "p", bus: "scsi", readOnly: true },
    source: { kind: "physical", device: "/dev/disk/by-id/x" },
  };
  const facts = [{ device: "/dev/sdb", chap: null }];
  const all = lunArguments(
    { ...machine, luns: [physical] },
    facts,
    layout,
    new Map([["p", 0]]),
  ).join(" ");
  assert.match(all, /"driver":"host_device","filename":"\/dev\/sdb","locking":"off"/);
  assert.match(all, /"scsi-id":32,"lun":0,.*"bootindex":0/);
  assert.match(all, /"read-only":true/);
});

test("understand() takes QEMU's answer for what it is: a size, or a reason", () => {
  const node = { "node-name": "probe", image: { "virtual-size": 4096 } };
  const lines = (...replies: object[]) => replies.map((reply) => JSON.stringify(reply)).join("\n");
  const greeting = { QMP: { version: {} } };
  assert.deepEqual(
    understand(lines(greeting, { return: {} }, { return: [node] }, { return: {} })),
    {
      ...{ bytes: 4096, error: null },
    },
  );
  const error = { class: "GenericError", desc: "iSCSI: Failed to connect\n" };
  assert.deepEqual(understand(lines(greeting, { return: {} }, { error }, { return: [] })), {
    ...{ bytes: null, error: "iSCSI: Failed to connect" },
  });
  assert.equal(understand(lines(greeting)).bytes, null);
  assert.notEqual(understand("").error, null);
});
