import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FerryError } from "../base/errors.ts";
import type { VmDefinition } from "../vm/definition.ts";
import { parseDefinition } from "../vm/parse-definition.ts";
import { commandLine, type MachineResources } from "./command-line.ts";

function definition(change: Partial<Record<keyof VmDefinition, unknown>> = {}): VmDefinition {
  return parseDefinition({
    version: 1,
    id: "11111111-2222-3333-4444-555555555555",
    name: "web01",
    machine: { type: "pc-q35-7.2" },
    cpu: { sockets: 1, cores: 2, threads: 1, model: "x86-64-v2" },
    memory: { mib: 512 },
    display: {},
    ...change,
  });
}

function resources(vm: VmDefinition, change: Partial<MachineResources> = {}): MachineResources {
  return {
    accelerator: "tcg",
    dataDirectory: null,
    directory: "/run/ferry/vms/x",
    disks: vm.disks.map(({ file }) => ({ path: `/pool/${file}`, backing: [] })),
    cdroms: vm.cdroms.map(({ medium }) => (medium === null ? null : `/pool/${medium.file}`)),
    taps: vm.nics.map((_, index) => `tap${index}`),
    kernel: null,
    firmware: null,
    ...change,
  };
}

const disk = (name: string, bus = "virtio", format = "qcow2") => ({
  ...{ name, bus, format, pool: "p", file: `${name}.${format}` },
});
const nic = (index: number, model = "virtio") => ({
  ...{
    name: `nic${index}`,
    switch: "lan",
    model,
    mac: `52:54:00:00:00:${String(index).padStart(2, "0")}`,
  },
});

/** The objects given as JSON for one option. */
function objects(args: readonly string[], option: string): Record<string, unknown>[] {
  return args.flatMap((arg, index) =>
    arg === option && args[index + 1]?.startsWith("{") === true
      ? [JSON.parse(args[index + 1] ?? "") as Record<string, unknown>]
      : [],
  );
}

test("a machine is sandboxed, stands still and listens only on sockets in its directory", () => {
  const vm = definition();
  const args = commandLine(vm, resources(vm), "cold");
  assert.ok(args.includes("-S"));
  assert.ok(args.includes("-no-user-config"));
  assert.match(args[args.indexOf("-sandbox") + 1] ?? "", /^on,.*spawn=deny/);
  assert.ok(!args.includes("-incoming"));
  const listening = args.filter((arg) => /server=on|^unix:/.test(arg));
  assert.equal(listening.length, 4, "two monitors, serial, VNC");
  for (const arg of listening) assert.match(arg, /\/run\/ferry\/vms\/x\/[a-z-]+\.sock/);
});

test("source and skeleton differ in nothing but -incoming", () => {
  const vm = definition({ disks: [disk("a"), disk("b", "scsi")], nics: [nic(1)] });
  const cold = commandLine(vm, resources(vm), "cold");
  const incoming = commandLine(vm, resources(vm), "incoming");
  assert.deepEqual(incoming.slice(0, cold.length), cold);
  assert.ok(incoming.slice(cold.length).every((part) => !/^-(device|object|drive)/.test(part)));
  assert.deepEqual(incoming.slice(-2), ["-incoming", "defer"]);
});

test("a further disk or NIC moves no other device", () => {
  const places = (vm: VmDefinition) =>
    new Map(
      objects(commandLine(vm, resources(vm), "cold"), "-device").map(({ id, bus, addr }) => [
        id,
        `${String(bus)} ${String(addr)}`,
      ]),
    );
  const small = places(definition({ disks: [disk("a")], nics: [nic(1)] }));
  const large = places(definition({ disks: [disk("a"), disk("b")], nics: [nic(1), nic(2)] }));
  for (const [id, place] of small) assert.equal(large.get(id), place, String(id));
});

test("no two devices share a place, whatever the machine has", () => {
  const bus = fc.constantFrom("virtio", "scsi", "sata");
  fc.assert(
    fc.property(fc.array(bus, { maxLength: 24 }), fc.nat(16), fc.boolean(), (buses, nics, vnc) => {
      const vm = definition({
        disks: buses.map((kind, index) => disk(`d${index}`, kind)),
        nics: Array.from({ length: nics }, (_, index) => nic(index)),
        display: { vnc },
      });
      let args: string[];
      try {
        args = commandLine(vm, resources(vm), "cold");
      } catch (error) {
        assert.ok(error instanceof FerryError && error.code === "unsupported");
        return;
      }
      const devices = objects(args, "-device");
      const places = devices
        .filter(({ addr }) => addr !== undefined)
        .map(({ bus: on, addr }) => `${String(on)} ${String(addr)}`);
      assert.equal(new Set(places).size, places.length);
      const ids = [...devices, ...objects(args, "-object")].map(({ id }) => id);
      assert.equal(new Set(ids).size, ids.length);
      const buses_ = new Set(devices.map(({ id }) => id));
      for (const { bus: on } of devices) {
        const name = String(on);
        if (name.startsWith("port-")) assert.ok(buses_.has(name), name);
      }
    }),
  );
});

test("a disk is opened as it is defined, without a lock where locks strand moves", () => {
  const vm = definition({ disks: [{ ...disk("a"), cache: "none" }, disk("b", "virtio", "raw")] });
  const disks = [
    { path: "/pool/a,b.qcow2", backing: [] },
    { path: "/pool/b.raw", backing: [] },
  ];
  const nodes = objects(commandLine(vm, resources(vm, { disks }), "cold"), "-blockdev");
  assert.deepEqual(
    nodes.map(({ driver, filename, locking, backing, "node-name": node }) => ({
      ...{ driver, filename, locking, backing, node },
    })),
    [
      {
        driver: "file",
        filename: "/pool/a,b.qcow2",
        locking: "off",
        backing: undefined,
        node: "disk0-file",
      },
      { driver: "qcow2", filename: undefined, locking: undefined, backing: null, node: "disk0" },
      {
        driver: "file",
        filename: "/pool/b.raw",
        locking: "off",
        backing: undefined,
        node: "disk1-file",
      },
      { driver: "raw", filename: undefined, locking: undefined, backing: undefined, node: "disk1" },
    ],
  );
});

test("the firmware tries what the definition says, and NICs carry a boot ROM only for that", () => {
  const devices = (bootOrder: string[]) => {
    const vm = definition({
      disks: [disk("a")],
      cdroms: [{ name: "cd0" }],
      nics: [nic(1)],
      bootOrder,
    });
    const found = objects(commandLine(vm, resources(vm), "cold"), "-device");
    return Object.fromEntries(
      found
        .filter(({ id }) => /^(disk|cd|nic)-/.test(String(id)))
        .map((entry) => [String(entry["id"]), entry]),
    );
  };
  const chosen = devices(["nic1", "a"]);
  assert.equal(chosen["nic-nic1"]?.["bootindex"], 0);
  assert.equal(chosen["nic-nic1"]?.["romfile"], undefined);
  assert.equal(chosen["disk-a"]?.["bootindex"], 1);
  assert.equal(chosen["cd-cd0"]?.["bootindex"], undefined);
  const usual = devices([]);
  assert.equal(usual["cd-cd0"]?.["bootindex"], 0);
  assert.equal(usual["disk-a"]?.["bootindex"], 1);
  assert.equal(usual["nic-nic1"]?.["romfile"], "");
});

test("a directory with a comma stays one path, one too deep for a socket is refused", () => {
  const vm = definition();
  const comma = commandLine(vm, resources(vm, { directory: "/run/a,server=off" }), "cold");
  assert.ok(comma.some((arg) => arg.includes("path=/run/a,,server=off/qmp.sock,server=on")));
  const deep = resources(vm, { directory: `/run/${"x".repeat(100)}` });
  assert.throws(() => commandLine(vm, deep, "cold"), FerryError);
});

test("the CPU is spelled out in features that both accelerators have, and refused where they lack", () => {
  const cpu = (model: string, accelerator: "kvm" | "tcg") => {
    const vm = definition({ cpu: { sockets: 1, cores: 1, threads: 1, model } });
    const args = commandLine(vm, resources(vm, { accelerator }), "cold");
    return args[args.indexOf("-cpu") + 1];
  };
  assert.equal(cpu("x86-64-v2", "tcg"), cpu("x86-64-v2", "kvm"));
  assert.match(cpu("x86-64-v3", "tcg") ?? "", /^qemu64,.*\+avx2.*,enforce$/);
  assert.equal(cpu("host", "kvm"), "host");
  assert.equal(cpu("host", "tcg"), "max");
  assert.equal(cpu("EPYC-Rome", "kvm"), "EPYC-Rome,enforce");
  assert.throws(() => cpu("x86-64-v4", "tcg"), FerryError);
});
