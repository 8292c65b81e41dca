import assert from "node:assert/strict";
import test from "node:test";
import { draftFromOptions } from "./vm-draft.ts";

const screens = { vnc: true, serial: true };
const draft = (options: object) =>
  draftFromOptions("web01", { ...screens, ...options }, (path) => `/here/${path}`);

test("nothing given is nothing said: defaults are the agent's", () => {
  assert.deepEqual(draft({}), { name: "web01" });
});

test("sizes, counts and topology are understood", () => {
  assert.deepEqual(draft({ memory: "4G", cpus: "2", topology: "2x4x1", vnc: false }), {
    name: "web01",
    memoryMib: 4096,
    cpus: 2,
    topology: { sockets: 2, cores: 4, threads: 1 },
    vnc: false,
  });
});

test("a disk is new, imported, there already, or stands on an image", () => {
  const based = ["vms,base=debian.qcow2", "vms,base=images/debian.qcow2,size=20G"];
  const disk = ["vms,size=20G,format=raw", "vms,import=a.vhdx", "pool=vms,file=a.qcow2", ...based];
  assert.deepEqual(draft({ disk }).disks, [
    { pool: "vms", sizeBytes: 20 * 1024 ** 3, format: "raw" },
    { pool: "vms", import: { path: "/here/a.vhdx" } },
    { pool: "vms", file: "a.qcow2" },
    { pool: "vms", base: { file: "debian.qcow2" } },
    { pool: "vms", base: { pool: "images", file: "debian.qcow2" }, sizeBytes: 20 * 1024 ** 3 },
  ]);
});

test("a disk without a source, with two, or with an unknown property is refused with the forms", () => {
  for (const text of [
    "vms",
    "size=20G",
    "vms,size=1G,import=/a",
    "vms,base=a.qcow2,import=/a",
    "vms,sise=20G",
    "vms,size=",
    "",
  ]) {
    assert.throws(() => draft({ disk: [text] }), { code: "bad-input", remedy: /POOL,size=20G/ });
  }
});

test("a TPM is there when asked for", () => {
  assert.deepEqual(draft({ tpm: true }).tpm, { model: "crb" });
});

test("an adapter is a switch, and perhaps a VLAN and an address", () => {
  const nic = ["lan", "lan,vlan=7,mac=52:54:00:AA:00:01"];
  assert.deepEqual(draft({ nic }).nics, [
    { switch: "lan" },
    { switch: "lan", vlan: 7, mac: "52:54:00:aa:00:01" },
  ]);
  assert.throws(() => draft({ nic: ["lan,vlan=4095"] }), { code: "bad-input" });
});

test("direct kernel boot needs the kernel", () => {
  const boot = { kernel: "boot/vmlinuz", initrd: "boot/initrd", kernelArguments: "quiet" };
  assert.deepEqual(draft(boot).kernelBoot, {
    kernel: { pool: "boot", file: "vmlinuz" },
    initrd: { pool: "boot", file: "initrd" },
    commandLine: "quiet",
  });
  assert.throws(() => draft({ initrd: "boot/initrd" }), { code: "bad-input" });
  assert.throws(() => draft({ kernel: "vmlinuz" }), { code: "bad-input", remedy: /POOL\/FILE/ });
});
